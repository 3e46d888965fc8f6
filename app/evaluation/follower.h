#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "config/scoring_config.h"
#include "scoring/replica.h"

namespace freshet {

/// How far a follower stays behind the learner, and how it ranks.
struct FollowerKind {
  std::uint64_t events = 0;       ///< Learned events that it does not know yet.
  bool until_period_end = false;  ///< Follows at the ends of periods only (`events` is unused).

  std::optional<double> diversity;  ///< In place of ScoringConfig::diversity.

  /// "live", "delay 1000", "frozen per period", "diversity 0.2".
  std::string name() const;
};

/// A replica that follows the learner at a distance: what an event is ranked with. With a lag of 0
/// it is what a running program's scoring thread has when no queue is in between. Confined to one
/// thread.
class Follower {
 public:
  /// `factory` may be null: then there is no network.
  /// `context_keys`: the declared ones.
  Follower(const ScoringConfig& config, const NetworkFactory& factory, FollowerKind kind,
           std::vector<std::string> context_keys = {})
      : kind_(kind),
        replica_(with_diversity(config, kind.diversity), factory, std::move(context_keys)) {}

  /// Takes notice of what the learner knows after `learned` events in all, and applies what is old
  /// enough. Errors: those of Replica::apply.
  Status take(std::shared_ptr<const Delta> delta, std::uint64_t learned);

  /// Takes notice of a period's end. Errors: those of Replica::apply.
  Status end_period();

  /// Campaigns begin and end by the time of the newest event.
  std::vector<RankedList> rank(std::span<const RankRequest> requests) {
    if (!requests.empty()) replica_.set_time(requests.back().event_time);
    return replica_.rank(requests);
  }

  const FollowerKind& kind() const { return kind_; }
  const Replica& replica() const { return replica_; }

 private:
  struct Waiting {
    std::shared_ptr<const Delta> delta;
    std::uint64_t learned;
  };

  static ScoringConfig with_diversity(ScoringConfig config, std::optional<double> diversity) {
    config.diversity = diversity.value_or(config.diversity);
    return config;
  }
  Status apply_oldest();

  FollowerKind kind_;
  Replica replica_;
  std::deque<Waiting> waiting_;  // Oldest first.
};

}  // namespace freshet
