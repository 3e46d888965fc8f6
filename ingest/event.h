#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/ids.h"
#include "config/time.h"

namespace freshet {

/// What the user did. Values are frozen: they stand in stored states and checkpoints.
enum class Action : std::uint8_t {
  kImpression = 0,
  kClick = 1,
  kCart = 2,
  kPurchase = 3,
  kLike = 4,
  kDislike = 5,
};
inline constexpr std::size_t kActionCount = 6;

/// Returns the action's name on the wire, for example "purchase".
std::string_view to_string(Action action);

/// Returns the id under which an item is known inside: XXH3 of its name, never 0.
ItemId item_id_of(std::string_view name);

/// One item of an event. Purchases and impressions may carry several.
struct EventItem {
  ItemId id;
  std::string name;     ///< The item's id on the wire.
  double quantity = 1;  ///< > 0; of a cancelled purchase, how many are taken back.
  double price = 0;     ///< Per piece, in the shop's currency; 0 = not given.
};

/// One decoded and validated input record: user `user` did `action` to `items`.
struct Event {
  std::uint64_t event_id = 0;  ///< XXH3 of the id on the wire; 0 = the record carries none.
  Action action = Action::kClick;
  bool cancels = false;  ///< A purchase taken back: undoes "bought", is never learned.
  UserId user;
  std::string session;           ///< Empty = sessions end after silence (StateConfig::session_gap).
  std::vector<EventItem> items;  ///< At least one.
  EventTime event_time;
  double value = 0;  ///< Money the event is worth; 0 = not given.
  /// Values of the declared context keys (IngestConfig::context), same order; empty = not given.
  std::vector<std::string> context;
};

}  // namespace freshet
