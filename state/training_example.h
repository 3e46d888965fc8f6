#pragma once

#include <string>
#include <vector>

#include "config/ids.h"
#include "config/time.h"
#include "state/user_state.h"

namespace freshet {

/// What the learner learns from: the user's history before an event, and what the user then did.
///
/// Made by the fold for every learnable interaction (no bots, late events, duplicates, impressions,
/// cancellations); one per item of the event.
struct TrainingExample {
  static constexpr std::size_t kBasketMax = 32;
  static constexpr std::size_t kBoughtMax = 64;

  PartitionId partition;
  Offset offset;  ///< Of the event's record.
  UserId user;
  std::vector<HistoryEntry>
      history;  ///< Before the event; oldest first, newest `learn_history_max`.
  /// Newest values of the declared context keys before the event: what was known when the list that
  /// it answers was made.
  std::vector<std::string> known_context;
  std::vector<std::string> context;  ///< The same with those of the event itself.
  std::vector<Bought> bought;        ///< Before the event; oldest first, newest kBoughtMax.
  ItemId item;                       ///< The target.
  std::string item_name;             ///< Its id on the wire.
  std::uint32_t pieces = 1;          ///< Of the target; what a purchase brings.
  Action action = Action::kClick;
  bool session_start = false;  ///< The event opened a session: history is of earlier ones.
  EventTime event_time;
  std::vector<ItemId> basket;  ///< Other items of the event; at most kBasketMax.
};

}  // namespace freshet
