#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "ingest/event.h"
#include "scoring/experts/expert.h"
#include "scoring/experts/repurchases.h"
#include "scoring/experts/top_list.h"

namespace freshet {

/// What is learned of people going back: how often a next step goes to the k-th distinct item of
/// the history, when purchases are repeated, and how often a return is the one rather than the
/// other. Confined to one thread.
class RepeatCounts {
 public:
  /// Makes room for `rows` rows.
  void grow(std::size_t rows) { repurchases_.grow(rows); }

  /// Forgets what was bought of the rows.
  void evict(std::span<const ItemRow> rows) { repurchases_.evict(rows); }

  /// Counts one event: `distinct_index` of the target in the history, newest = 0.
  void observe(std::size_t distinct_index) { counts_[slot(distinct_index)] += 1; }

  /// Counts one return after `newest`, of which `due` (0..1) is owed to an earlier purchase.
  void observe_due(Action newest, float due);

  Repurchases& repurchases() { return repurchases_; }
  const Repurchases& repurchases() const { return repurchases_; }

  /// Share of all returns that go to this distance, 0..1.
  float share(std::size_t distinct_index) const;

  /// Share of returns after `newest` that are owed to earlier purchases, 0..1.
  float due_share(Action newest) const { return due_[static_cast<std::size_t>(newest)]; }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(counts_, due_, repurchases_);
  }

 private:
  static std::size_t slot(std::size_t index) {
    return index < kContextStepsMax ? index : kContextStepsMax - 1;
  }
  static std::array<float, kActionCount> even() {
    std::array<float, kActionCount> shares;
    shares.fill(0.5F);
    return shares;
  }

  std::array<double, kContextStepsMax> counts_{};
  std::array<float, kActionCount> due_ = even();
  Repurchases repurchases_;
};

/// The user's own items once more: those of the history, and those bought before that are due
/// again.
class RepeatExpert final : public Expert {
 public:
  /// `counts` must outlive the expert.
  explicit RepeatExpert(const RepeatCounts& counts) : counts_(counts) {}

  Source source() const override { return Source::kRepeat; }
  void prepare(const Context& context, std::size_t rows) override;
  void candidates(std::size_t count, std::vector<ScoredRow>& best) override;
  float probability(ItemRow row) const override;
  void add_influences(ItemRow row, std::vector<Influence>& influences) override;

  /// Part of the row's probability that an earlier purchase accounts for, 0..1; nothing when the
  /// user has bought nothing, or the row has no probability.
  std::optional<float> due_part(ItemRow row) const;

 private:
  struct Own {
    ItemRow row = 0;
    float returned = 0;  ///< Probability by its place in the history.
    float due = 0;       ///< By its last purchase.
  };

  const Own* find(ItemRow row) const;
  void add_owned(const Context& context);

  const RepeatCounts& counts_;
  std::vector<Own> own_;  // Newest of the history first.
  bool has_owned_ = false;
};

}  // namespace freshet
