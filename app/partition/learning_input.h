#pragma once

#include <variant>
#include <vector>

#include "config/bounded_queue.h"
#include "ingest/item_update.h"
#include "scoring/ranked_list.h"
#include "state/training_example.h"

namespace freshet {

/// A list as it was served, for measuring quality on the user's next event.
struct ServedList {
  UserId user;
  Position position;
  std::vector<ItemId> items;          ///< As published, best first.
  std::vector<ItemId> popular_items;  ///< What popularity alone would have served, best first.
};

/// A user who is forgotten: nothing that is kept by user may stay.
struct ForgottenInput {
  UserId user;
};

/// An example, and when its event came into the log.
struct ReceivedExample {
  TrainingExample example;
  SteadyTime received_time{};
};

/// What users' doings have to say to the learner. One queue for all kinds: an event is learned (and
/// judged) before the list that it causes can be recorded as served.
using LearningInput = std::variant<ReceivedExample, ServedList, ForgottenInput>;
using LearningQueue = BoundedQueue<LearningInput>;

/// Items on their way to the learner: apart, so that a large catalogue that is read for the first
/// time does not keep events waiting.
using ItemQueue = BoundedQueue<ItemUpdate>;

/// Users who are owed a list, on their way to scoring.
using RankQueue = BoundedQueue<RankRequest>;

}  // namespace freshet
