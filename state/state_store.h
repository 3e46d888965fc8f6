#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/ids.h"
#include "config/result.h"
#include "config/time.h"
#include "ingest/dead_letter.h"
#include "ingest/log_mark.h"
#include "state/event_watermark.h"
#include "state/forgotten.h"
#include "state/source_offsets.h"

namespace freshet {

/// A user who is owed a list that reflects the event at `offset`, or the removal of all lists that
/// reflect it or older ones.
struct OwedList {
  UserId user;
  Offset offset;
  /// Of the newest event in the user's state; of a removal the tombstone's, or the watermark at
  /// which the history had expired.
  EventTime event_time;
  bool forgets = false;  ///< The user's list is to be removed; newer than a list of this offset.

  friend bool operator==(const OwedList&, const OwedList&) = default;
};

/// All that one batch of records changes, made durable together or not at all.
struct Commit {
  Offset next_offset;                                  ///< First offset not yet processed.
  std::vector<std::pair<UserId, std::string>> states;  ///< Encoded; replace the ones before.
  std::vector<OwedList> owed;                          ///< Enter the outbox, newer over older.
  std::vector<UserId> settled;  ///< Leave the outbox. Must not stand in `owed` too.
  std::vector<DeadLetter> dead_letters;
  std::vector<Offset> settled_dead_letters;  ///< Acknowledged by the dead-letter topic.
  SourceOffsetMap source_offsets;            ///< Of a rekeyed log; replace the ones before.
  std::optional<LogMark> newest_record;      ///< The last one processed; empty = as before.
  std::optional<EventWatermark> watermark;   ///< After these records; empty = as before.
  std::vector<UserId> erased;  ///< Lose state and outbox row, before the rest takes effect.
  std::vector<ForgottenUser> forgotten;  ///< Replace the rows of the same users.
};

/// A batch that is about to be processed, noted so that it is known should it kill the process.
struct Attempt {
  Offset first;    ///< Of the batch's first record.
  int number = 1;  ///< How often this was attempted without success, this time included.

  friend bool operator==(const Attempt&, const Attempt&) = default;
};

/// What was known before `attempt` was noted; empty = nothing.
inline std::optional<Attempt> before(const Attempt& attempt) {
  if (attempt.number <= 1) return std::nullopt;
  return Attempt{attempt.first, attempt.number - 1};
}

/// Where a partition goes on after a start.
struct Recovery {
  std::optional<Offset> next_offset;  ///< Empty = a new database.
  Epoch epoch;                        ///< Larger than any epoch taken before; already durable.
  std::vector<OwedList> owed;
  std::vector<DeadLetter> dead_letters;
  SourceOffsetMap source_offsets;
  EventWatermark watermark;
  std::vector<ForgottenUser> forgotten;
  bool orderly = true;             ///< The owner before closed the store, or there was none.
  std::optional<Attempt> attempt;  ///< Noted last, and neither committed nor closed since.
};

/// Gets a user and the encoded state; whether to go on with the next.
using UserVisitor = std::function<bool(std::string_view user, std::string_view state)>;

/// The durable state of one partition. Port: RocksDB, memory. Confined to one thread.
class StateStore {
 public:
  virtual ~StateStore() = default;

  /// Takes the next epoch and returns what was durable. Called once, first.
  virtual Result<Recovery> recover() = 0;

  /// Loads the encoded states of `users`, in their order; empty = unknown user.
  virtual Result<std::vector<std::optional<std::string>>> load(std::span<const UserId> users) = 0;

  /// Makes `commit` durable as a whole: after a crash of the process all of it is there, or none.
  /// Errors: kNoSpace, after which the same commit may be tried again and nothing else is written.
  virtual Status commit(const Commit& commit) = 0;

  /// Notes `attempt`, as durable as a commit. A commit that passes its record forgets it.
  virtual Status note(const Attempt& attempt) = 0;

  /// The orderly end: an attempt that was noted since recover() does not count; what was found
  /// there stays.
  virtual void close() = 0;

  /// Calls `visit(user, encoded state)` for the users from `begin` on and before `end`, empty = to
  /// the last one, in key order, until it returns false.
  virtual Status visit_users_between(const UserId& begin, const UserId& end,
                                     const UserVisitor& visit) = 0;

  /// Calls `visit(user, encoded state)` for every user in key order.
  Status visit_users(const std::function<void(std::string_view, std::string_view)>& visit) {
    return visit_users_between({}, {}, [&](std::string_view user, std::string_view state) {
      visit(user, state);
      return true;
    });
  }
};

}  // namespace freshet
