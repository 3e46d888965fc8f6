#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/time.h"
#include "ingest/event.h"
#include "tests/simulator/simulated_log.h"

namespace freshet::sim {

/// How a user was forgotten.
struct Forgetting {
  EventTime time;  ///< Of the tombstone.
  Epoch epoch;     ///< Of the owner who did it.

  friend auto operator<=>(const Forgetting&, const Forgetting&) = default;
};

/// What a database has read: the records of one incarnation of the log from `begin` on, without
/// those it set aside.
struct Lineage {
  int incarnation = 0;
  Offset begin;
  std::set<Offset> set_aside;
  /// Who was forgotten: what came before the offset, and later what the log took until the time.
  std::map<std::pair<Offset, UserId>, Forgetting> forgotten;

  friend auto operator<=>(const Lineage&, const Lineage&) = default;
};

/// What should be, by the plainest means: a log decoded and folded one record at a time into a map,
/// without batches, commits or restarts. Confined to one thread.
class Reference {
 public:
  /// One change of a user's state.
  struct Change {
    Offset offset;
    std::string state;    ///< Encoded, after the event at `offset`.
    EventTime newest;     ///< UserState::newest_event_time.
    bool owes = false;    ///< The event is one for which a list is owed.
    bool erased = false;  ///< No event: the user is forgotten with all up to here.
    Epoch epoch{};        ///< Of the owner who erased.
  };
  struct Replay {
    Offset next{0};
    std::map<UserId, std::vector<Change>> users;
    std::map<UserId, EventTime> newest_times;  ///< Of all events that came, by user.
    std::map<Offset, EventTime> watermarks;    ///< Right after the record at the offset.
    std::set<Offset> refused;                  ///< Records that cannot be decoded.
    std::map<UserId, EventTime> forgotten;     ///< Until which log time, so far.
    std::size_t erasures = 0;                  ///< Of Lineage::forgotten, how many are done.
    std::map<SourcePartition, std::set<Offset>> sources;  ///< What came, of a rekeyed log.
    std::set<Offset> repeats;                             ///< Records whose source had come before.
  };

  Reference(const Config& config, const SimulatedLog& log) : config_(config), log_(log) {}

  /// The replay of `lineage` up to the end of the log. Valid until the next call.
  const Replay& replay(const Lineage& lineage);

  /// The user's newest change before `next`; null when there is none.
  static const Change* newest_before(const std::vector<Change>& changes, Offset next);

  /// How far event time had come before `next`; empty = not known.
  static std::optional<EventTime> watermark_before(const Replay& replay, Offset next);

  /// Whether nobody may see the history that was left by `change` any more, at `next`.
  bool has_expired(const Replay& replay, const Change& change, Offset next) const;

  /// The user's newest event before `next` for which a list is owed, and not forgotten since.
  static std::optional<Offset> newest_owed_before(const std::vector<Change>& changes, Offset next);

  /// The user's newest erasure before `next`; null when there is none.
  static const Change* newest_erasure_before(const std::vector<Change>& changes, Offset next);

 private:
  void read(const LogRecord& record, const Lineage& lineage, Replay& replay) const;
  void fold(const LogRecord& record, Replay& replay) const;
  void fold(const Event& event, const LogRecord& record, Replay& replay) const;
  static void erase_before(Offset next, const Lineage& lineage, Replay& replay);

  const Config& config_;
  const SimulatedLog& log_;
  std::map<Lineage, Replay> replays_;
};

}  // namespace freshet::sim
