#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "app/evaluation/follower.h"
#include "app/evaluation/poison.h"
#include "app/evaluation/recording.h"
#include "config/config.h"
#include "scoring/learning/learner.h"
#include "state/event_watermark.h"
#include "state/fold.h"

namespace freshet {

/// What becomes of an event.
enum class EventUse {
  kRankAndLearn,  ///< First ranked, then learned: prequential.
  kLearn,         ///< Learned without being judged: history.
  kFold,          ///< Comes into the user's state alone.
  kRank,          ///< Ranked, then folded; never learned: a held-out target.
};

/// One event with everything that was known of it before it was learned.
struct JudgedExample {
  const TrainingExample& example;
  std::size_t period;
  const ExampleRanks& ranks;          ///< By the learner itself; `ranked` false if not learned.
  std::span<const RankedList> lists;  ///< By each follower, in their order; empty = not asked.
  const RankRequest* request;         ///< The user before the event; null = not asked.
};

/// Drives the parts that a running program is made of — fold, learner, replicas — over recorded
/// events, in micro-batches: rank all, judge all, learn all. Confined to one thread.
class Evaluator {
 public:
  using Judge = std::function<void(const JudgedExample&)>;

  /// `factory` may be null: then there is no network. `judge` is called for every example that the
  /// fold gives, bots' excepted, in order, before any later event is ranked.
  Evaluator(const Config& config, const NetworkFactory& factory,
            const std::vector<FollowerKind>& kinds, const PoisonOptions& poison, Judge judge);

  /// Has `encoder` make the embeddings of items; null = they bring their own.
  void encode_with(std::unique_ptr<ItemEncoder> encoder) {
    learner_.encode_with(std::move(encoder));
  }

  /// Takes the next event, and what the poison makes of it. Errors: a delta could not be applied (a
  /// defect).
  Status add(const RecordedEvent& event, EventUse use);

  /// Tells of items. Errors as add.
  Status add(std::span<const ItemUpdate> updates);

  /// Ranks, judges and learns what waits. Comes last, and before figures are read. Errors as add.
  Status flush();

  const Learner& learner() const { return learner_; }
  const Follower& follower(std::size_t index) const { return *followers_[index]; }

  /// Time inside the learner and inside all followers' ranking.
  double learn_seconds() const { return learn_seconds_; }
  double rank_seconds() const { return rank_seconds_; }

  /// Users seen, and the mean size of one's stored state in bytes.
  std::size_t users() const { return users_.size(); }
  double bytes_per_user() const;

 private:
  struct Pending {
    std::size_t first_example = 0;
    std::size_t examples = 0;
    std::optional<std::size_t> request;  // Index into requests_.
    std::size_t period = 0;
    EventUse use = EventUse::kLearn;
  };

  Status add_one(const RecordedEvent& event, EventUse use);
  void fold(const RecordedEvent& event, EventUse use);
  Status send_delta();
  void judge_all(std::vector<std::vector<RankedList>> lists);

  const Config config_;
  Fold fold_;
  Learner learner_;
  std::vector<std::unique_ptr<Follower>> followers_;
  Judge judge_;
  Poison poison_;
  absl::flat_hash_map<UserId, UserState> users_;
  std::map<PartitionId, EventWatermark> watermarks_;
  std::size_t period_ = 0;
  std::uint64_t learned_ = 0;
  std::vector<Pending> pending_;
  std::vector<TrainingExample> examples_;  // Of all pending events.
  std::vector<RankRequest> requests_;      // Of those to be ranked.
  double learn_seconds_ = 0;
  double rank_seconds_ = 0;
};

}  // namespace freshet
