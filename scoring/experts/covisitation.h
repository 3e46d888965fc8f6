#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "config/scoring_config.h"
#include "scoring/experts/expert.h"
#include "scoring/experts/leave_one_out.h"
#include "scoring/experts/sparse_scores.h"
#include "scoring/experts/top_list.h"

namespace freshet {

/// What is counted for an ordered pair: item x, then item y.
struct PairCounts {
  float forward = 0;       ///< y after x, 1/distance each.
  float backward = 0;      ///< y before x, 1/distance each.
  float next = 0;          ///< y as the very next step in the session.
  float recent = 0;        ///< `forward`, decayed with CovisitationConfig::half_life; as of `last`.
  std::uint64_t last = 0;  ///< Tick of the newest count.

  template <class Archive>
  void serialize(Archive& archive) {
    archive(forward, backward, next, recent, last);
  }
};

/// A pair that the walk follows from x to y.
struct Edge {
  ItemRow row = 0;    ///< y
  float score = 0;    ///< s(x, y) = forward + reverse_weight · backward.
  float forward = 0;  ///< The part of s that is of y after x.
};

/// All pairs of one item, bounded.
struct Neighbours {
  std::vector<ItemRow> rows;      ///< Unordered; at most 2 neighbours_max.
  std::vector<PairCounts> pairs;  ///< Same order as `rows`.
  TopListOf<Edge> edges;          ///< Best by s(x, y).
  float edge_sum = 1;             ///< 1 + sum of the edges' s: Z_x.
  float weight = 0;               ///< Sum of all forward counts made from this item.
  float next_count = 0;           ///< Steps that went on from this item in the session.

  template <class Archive>
  void serialize(Archive& archive) {
    archive(rows, pairs, weight, next_count);
  }
};

/// Sequential co-visitation: who follows whom, how often, how closely (docs/model.md; the counts of
/// "sequential rules", Ludewig & Jannach 2018, in both directions). Confined to one thread.
class Covisitation {
 public:
  explicit Covisitation(const CovisitationConfig& config) : config_(config) {}

  void grow(std::size_t rows) {
    items_.resize(rows, Neighbours{.edges = TopListOf<Edge>(config_.walk_edges_max)});
  }

  /// Counts `target` after `steps` (newest first) and beside `basket` (bought in the same event).
  void observe(ItemRow target, std::span<const ContextStep> steps, std::span<const ItemRow> basket);

  /// Forgets all pairs of and with these rows: one pass over all pairs.
  void evict(std::span<const ItemRow> rows);

  const Neighbours& of(ItemRow row) const { return items_[row]; }

  /// Has the edges of items some places behind `place` of `items` brought into the cache: items lie
  /// anywhere, so that whoever goes through one after the other would wait for each. Inlined, or
  /// the compiler drops the call as one without effect.
  template <class Items>
  [[gnu::always_inline]] void prefetch_edges_behind(std::size_t place, const Items& items) const {
    constexpr std::size_t kHeadsAhead = 8, kEdgesAhead = 4;
    if (place + kHeadsAhead < items.size())
      __builtin_prefetch(&items_[row_of(items[place + kHeadsAhead])].edges);
    if (place + kEdgesAhead >= items.size()) return;
    const std::vector<Edge>& edges = items_[row_of(items[place + kEdgesAhead])].edges.rows();
    for (std::size_t k = 0; k < edges.size(); k += kEdgesPerLine)
      __builtin_prefetch(edges.data() + k);
  }

  /// The pair's counts, or null.
  const PairCounts* find(ItemRow from, ItemRow to) const;

  /// What `recent` has decayed to by now.
  float recent_now(const PairCounts& pair) const;

  /// Pairs counted so far: the tick of the newest.
  std::uint64_t tick() const { return tick_; }
  std::size_t rows() const { return items_.size(); }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(items_, tick_);
    if (Archive::is_loading::value) rebuild_edges();
  }

 private:
  static constexpr std::size_t kEdgesPerLine = 64 / sizeof(Edge);

  static ItemRow row_of(ItemRow row) { return row; }
  template <class Entry>
  static ItemRow row_of(const Entry& entry) {
    return entry.row;
  }
  PairCounts& touch(ItemRow from, ItemRow to);
  void count_forward(ItemRow from, ItemRow to, float weight, bool next);
  void count_backward(ItemRow from, ItemRow to, float weight);
  float strength(const PairCounts& pair) const;
  void raise_edge(Neighbours& item, ItemRow row, const PairCounts& pair);
  void prune(Neighbours& item);
  static void drop_pairs(const std::vector<bool>& leaves, Neighbours& item);
  void rebuild_edges();
  void rebuild_edges(Neighbours& item);

  CovisitationConfig config_;
  std::vector<Neighbours> items_;  // [row]
  std::uint64_t tick_ = 0;
};

/// What users who had the newest items went on to.
class CovisitationExpert final : public Expert {
 public:
  /// `counts` must outlive the expert.
  explicit CovisitationExpert(const Covisitation& counts) : counts_(counts) {}

  Source source() const override { return Source::kCovisitation; }
  void prepare(const Context& context, std::size_t rows) override;
  void candidates(std::size_t count, std::vector<ScoredRow>& best) override;
  float probability(ItemRow row) const override { return scores_[row]; }
  void add_influences(ItemRow row, std::vector<Influence>& influences) override;

 private:
  void add_followers(ItemRow row, std::size_t count, std::vector<ScoredRow>& best);

  const Covisitation& counts_;
  std::vector<ScoredRow> origins_;  // Newest items of the context; score = weight, adding up to 1.
  LeaveOneOut leave_one_out_;       // Of those, and the one that would move up.
  SparseScores scores_;
  std::vector<ScoredRow> followers_;
  std::vector<float> rates_;
};

}  // namespace freshet
