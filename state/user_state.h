#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "config/ids.h"
#include "config/time.h"
#include "ingest/event.h"

namespace freshet {

/// One interaction in a user's history.
struct HistoryEntry {
  ItemId item;
  Action action = Action::kClick;
  bool session_start = false;  ///< First entry of a session.
  bool late = false;           ///< Arrived behind the user's newest event by more than the grace.
  EventTime event_time;

  friend bool operator==(const HistoryEntry&, const HistoryEntry&) = default;
};

/// An item the user bought: when last, and how many pieces in all.
struct Bought {
  ItemId item;
  EventTime last_time;
  std::uint32_t count = 0;

  friend bool operator==(const Bought&, const Bought&) = default;
};

/// An item the user was shown, and how often.
struct Shown {
  ItemId item;
  EventTime last_time;
  std::uint32_t count = 0;

  friend bool operator==(const Shown&, const Shown&) = default;
};

/// All that is known of one user: a deterministic fold of the user's events in partition order.
///
/// Every list is bounded (StateConfig) and ordered oldest first. Confined to one thread (a value).
struct UserState {
  std::vector<HistoryEntry> history;  ///< Interactions other than impressions; oldest first.
  std::vector<Bought> bought;
  std::vector<Shown> shown;
  std::vector<ItemId> disliked;
  std::vector<std::uint64_t> recent_event_ids;  ///< Ring for duplicates; oldest first.
  /// Events per action, cancellations not counted.
  std::array<std::uint64_t, kActionCount> action_counts{};
  std::vector<std::string> context;  ///< Newest values of the declared context keys.
  std::string session;               ///< Session id of the newest event; may be empty.
  EventTime newest_event_time{};
  EventTime rate_window_start{};  ///< Start of the window in which events are counted.
  std::uint32_t rate_window_count = 0;
  bool bot = false;  ///< Exceeded StateConfig::bot_events_per_minute_max once.
  std::uint32_t session_count = 0;

  friend bool operator==(const UserState&, const UserState&) = default;
};

}  // namespace freshet
