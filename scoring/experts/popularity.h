#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "config/scoring_config.h"
#include "scoring/experts/expert.h"
#include "scoring/experts/top_list.h"

namespace freshet {

/// Rows kept at the top of the popularity list: what fallbacks and empty lists are filled from.
inline constexpr std::size_t kPopularMax = 200;

/// How often each item was the target lately, at several half-lives counted in events.
///
/// Decay is done forwards: instead of shrinking all counts at each event, the newest event weighs
/// 2^(1/half-life) more than the one before. So counts only grow, and their order changes only at
/// the row that was counted. Confined to one thread.
class Popularity {
 public:
  explicit Popularity(const PopularityConfig& config);

  /// Makes room for `rows` rows.
  void grow(std::size_t rows);

  /// Forgets all events of these rows.
  void evict(std::span<const ItemRow> rows);

  /// Events on the row, decayed at the longest half-life.
  double slow_count(ItemRow row) const;

  /// What an event counts for by now in `slow_count` that was `ago` events before.
  double slow_decay(std::uint64_t ago) const;

  /// Counts one event on `row`.
  void observe(ItemRow row);

  /// Share of the row among the newest events at half-life `level`, 0..1.
  float share(std::size_t level, ItemRow row) const {
    const Level& at = levels_[level];
    return row < at.scores.size() && at.total > 0 ? static_cast<float>(at.scores[row] / at.total)
                                                  : 0;
  }

  /// Newest events that half-life `level` still knows: each counts for what it has decayed to.
  double decayed_events(std::size_t level) const {
    return levels_[level].total / levels_[level].increment;
  }

  std::size_t levels() const { return levels_.size(); }
  /// The level that candidates and fallbacks come from: the middle one.
  std::size_t main_level() const { return levels_.size() / 2; }

  /// The most popular rows at the main level, best first, at most kPopularMax.
  const std::vector<ScoredRow>& top() const { return top_.rows(); }

  std::uint64_t events() const { return events_; }
  std::uint32_t count(ItemRow row) const { return items_[row].count; }
  /// Events since the row's newest event; all events for a row that had none.
  std::uint64_t age(ItemRow row) const { return events_ - items_[row].last; }
  /// Events since the row's first event; 0 for a row that had none.
  std::uint64_t since_first_seen(ItemRow row) const {
    return items_[row].count > 0 ? events_ - items_[row].first : 0;
  }
  std::size_t rows() const { return items_.size(); }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(levels_, items_, events_);
    if (Archive::is_loading::value) rebuild_top();
  }

 private:
  struct Level {
    double half_life = 0;
    double increment = 1;  // What one event counts now.
    double total = 0;
    std::vector<float> scores;  // [row]

    template <class Archive>
    void serialize(Archive& archive) {
      archive(half_life, increment, total, scores);
    }
  };
  struct Item {
    std::uint32_t count = 0;
    std::uint64_t first = 0;
    std::uint64_t last = 0;

    template <class Archive>
    void serialize(Archive& archive) {
      archive(count, first, last);
    }
  };

  void rescale(Level& level);
  void rebuild_top();

  std::vector<Level> levels_;
  std::vector<Item> items_;  // [row]
  std::uint64_t events_ = 0;
  TopList top_{kPopularMax};
};

/// What many users are at now, whoever the user is.
class PopularityExpert final : public Expert {
 public:
  /// `popularity` must outlive the expert.
  explicit PopularityExpert(const Popularity& popularity) : popularity_(popularity) {}

  Source source() const override { return Source::kPopular; }
  void prepare(const Context&, std::size_t rows) override { rows_ = rows; }
  void candidates(std::size_t count, std::vector<ScoredRow>& best) override;
  float probability(ItemRow row) const override;
  void add_influences(ItemRow, std::vector<Influence>&) override {}

 private:
  const Popularity& popularity_;
  std::size_t rows_ = 0;
};

}  // namespace freshet
