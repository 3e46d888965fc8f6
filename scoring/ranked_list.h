#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/ids.h"
#include "config/time.h"
#include "state/list_cause.h"
#include "state/list_times.h"
#include "state/user_state.h"

namespace freshet {

/// What a reason names: an expert, or what else brought the item to its place. The experts' values
/// are frozen: they stand in checkpoints (mixture weights).
enum class Source : std::uint8_t {
  kPopular = 0,       ///< Many users are at it now.
  kCovisitation = 1,  ///< Users who had an item of yours went on to this one.
  kWalk = 2,          ///< Two or three steps away on the co-visitation graph.
  kNetwork = 3,       ///< The sequence network's choice.
  kRepeat = 4,        ///< You were at it before.
  kContent = 5,       ///< Said to be like an item of yours.
  kExploration = 6,   ///< New here: it shall have a chance.
  // No experts:
  kRule = 7,  ///< A rule of the seller's.
  kDraw = 8,  ///< Drawn for a place that is kept for items of which little is known.
};
/// Experts.
inline constexpr std::size_t kSourceCount = 7;
/// All that a reason can name.
inline constexpr std::size_t kReasonSourceCount = 9;

/// Returns the source's name on the wire and in metric labels, for example "covisitation".
std::string_view to_string(Source source);

/// Returns the source of that name, or nothing.
std::optional<Source> source_of(std::string_view name);

/// Why an item stands in a list.
struct Reason {
  Source source = Source::kPopular;
  ItemId because_of{};          ///< The user's item that caused it; 0 = none in particular.
  std::string because_of_name;  ///< Its id on the wire; empty = none.
  float share = 0;              ///< Part of the item's probability this reason accounts for, 0..1.
  std::string text;             ///< One sentence for people.
  std::string rule = {};        ///< The rule's name, of kRule.
};

/// One item of a list.
struct RankedItem {
  ItemId id;
  std::string name;             ///< The item's id on the wire.
  float score = 0;              ///< Higher is better; comparable within one list only.
  float probability = 0;        ///< The model's own estimate that it is the next target, 0..1.
  std::vector<Reason> reasons;  ///< Strongest first; at least one.
  /// The chance with which it was drawn for its place (kDraw); 0 = it was not drawn.
  float propensity = 0;
};

/// A user's list for one scenario.
struct ScenarioList {
  std::string name;
  std::vector<RankedItem> items;
};

/// Why a list is not what the full model would give. kNone = it is.
enum class Fallback : std::uint8_t {
  kNone = 0,
  kModelMissing = 1,  ///< Nothing is learned yet.
  kModelFailed = 2,   ///< The network or the second stage threw or gave NaN: counts only.
  kUnknownUser = 3,   ///< No history: popularity only.
  kDeadline = 4,      ///< Scoring was late: counts only.
  kOptedOut = 5,      ///< The user does not want lists of their own: popularity only.
};
inline constexpr std::size_t kFallbackCount = 6;

/// Returns the fallback's name on the wire and in metric labels; "none" for kNone.
std::string_view to_string(Fallback fallback);

/// The point of the input log that a list reflects, and who made it.
struct Position {
  PartitionId partition;
  Offset offset;  ///< Of the newest event the list reflects (inclusive).
  Epoch epoch;
  /// Among the user's lists of one offset and epoch: larger was made later. 0 = none went before.
  std::int64_t revision = 0;

  friend bool operator==(const Position&, const Position&) = default;
};

/// Returns the cause's name in metric labels, for example "unavailable".
std::string_view to_string(ListCause cause);

/// The top of the ranking for one user, best first.
struct RankedList {
  UserId user;
  Position position;
  EventTime event_time;  ///< Of the newest event the list reflects.
  ModelVersion model_version;
  Fallback fallback = Fallback::kNone;
  bool catching_up = false;   ///< The partition still replays what it missed: the state is old.
  std::string scenario = {};  ///< Which `items` are for; empty = the default one.
  std::vector<RankedItem> items;
  std::vector<ScenarioList> scenarios = {};  ///< Made beside it; as RankRequest::more_scenarios.
  ListTimes times;                           ///< For latencies inside.
  ListCause cause = ListCause::kEvent;
  bool forgets = false;  ///< No list: what was published up to `position` is to be removed.
};

/// One user who is owed a list.
struct RankRequest {
  UserId user;
  UserState state;  ///< As committed; empty where `opted_out`.
  Position position;
  EventTime event_time;      ///< Of the newest event in `state`.
  bool catching_up = false;  ///< See RankedList::catching_up.
  ListTimes times;           ///< See RankedList::times.
  ListCause cause = ListCause::kEvent;
  SteadyTime queued_time{};       ///< When it began to wait for scoring; for the deadline.
  std::vector<ItemId> exclude;    ///< Must not stand in the list.
  std::optional<Source> without;  ///< Ranks without this expert's candidates and probabilities.
  bool opted_out = false;         ///< The user wants no lists of their own.
  bool judged = true;             ///< The list may be judged by the user's next event.
  bool forgets = false;           ///< The user's list is to be removed; there is nothing to rank.
  std::size_t count = 0;          ///< Items wanted; 0 = the scenario's list_size.
  std::string scenario = {};      ///< Name; empty or unknown = the default one.
  std::vector<std::string> more_scenarios = {};  ///< Lists to make beside it.
  /// Set for a question (HTTP): receives the list instead of the output topic. Called once, on the
  /// scoring thread; must not block.
  std::function<void(RankedList)> reply;
};

}  // namespace freshet
