#pragma once

#include <absl/container/flat_hash_map.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "config/ids.h"
#include "config/scoring_config.h"
#include "scoring/ranked_list.h"
#include "state/training_example.h"

namespace freshet {

/// How well lists foretold events: events by the rank of their item. One relevant item per event,
/// so HR@20 is recall and NDCG@20 is 1 / log2(2 + rank).
class PrequentialTotals {
 public:
  static constexpr std::size_t kListMax = 20;

  /// `rank`: 0 = first; kListMax = not in the list.
  void add(std::size_t rank);
  /// Takes one event out again.
  void remove(std::size_t rank);

  double hit_rate_20() const;
  double mrr_20() const;
  double ndcg_20() const;

  std::uint64_t events = 0;

 private:
  std::array<std::uint64_t, kListMax> at_rank_{};
};

/// Quality as served, and popularity's on the same events.
struct PrequentialFigures {
  PrequentialTotals served;
  PrequentialTotals popularity;
  PrequentialTotals served_window;  ///< Of the newest PrequentialQuality::kWindow events.
  PrequentialTotals popularity_window;
};

/// Judges every event by the list its user was served before it (prequential evaluation). Keeps the
/// newest list of up to ScoringConfig::served_lists_max users. Confined to one thread.
class PrequentialQuality {
 public:
  static constexpr std::size_t kWindow = 10'000;

  explicit PrequentialQuality(const ScoringConfig& config) : lists_max_(config.served_lists_max) {}

  /// Notes what `user` was served, and what popularity alone would have served; best first.
  void served(const UserId& user, const Position& position, const std::vector<ItemId>& items,
              const std::vector<ItemId>& popular_items);

  /// Drops what is kept of `user`. What was judged stays judged: it names nobody.
  void forget(const UserId& user);

  /// Judges an event. One whose user has no list, or a list that reflects this event, does not
  /// count.
  void observe(const TrainingExample& example);

  const PrequentialFigures& figures() const { return figures_; }

 private:
  using List = std::array<ItemId, PrequentialTotals::kListMax>;
  struct Served {
    Position position;
    List items{};
    List popular_items{};
    std::uint64_t turn = 0;  // Of its newest entry in order_.
  };
  struct Judged {
    std::uint8_t served_rank = 0;
    std::uint8_t popular_rank = 0;
  };

  void forget_oldest();

  const std::size_t lists_max_;
  absl::flat_hash_map<UserId, Served> lists_;
  std::deque<std::pair<UserId, std::uint64_t>> order_;  // Oldest first; entries may be outdated.
  std::uint64_t turn_ = 0;
  std::deque<Judged> window_;  // Oldest first.
  PrequentialFigures figures_;
};

}  // namespace freshet
