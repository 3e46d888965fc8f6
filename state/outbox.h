#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstddef>
#include <deque>
#include <span>
#include <vector>

#include "config/time.h"
#include "state/list_cause.h"
#include "state/list_times.h"
#include "state/state_store.h"

namespace freshet {

/// An owed list and what its newest event has behind it.
struct PendingList {
  OwedList owed;
  ListTimes times;
  ListCause cause = ListCause::kEvent;
  std::int64_t revision = 0;  ///< Of the list, at least; 0 where an event caused it.
};

/// The users of one partition that still owe a list, in memory; its durable twin stands in the
/// store. One entry per user, however many events: a burst gives one list. Confined to one thread.
class Outbox {
 public:
  /// Enters or renews a debt: the user waits for scoring (again). A removal goes first.
  void owe(OwedList owed, const ListTimes& times);

  /// `debts`, entered before, became durable together: completes their times.
  void committed(std::span<const OwedList> debts, SteadyTime folded, SteadyTime committed);

  /// Enters a list that no event asks for: it has no durable twin, and is lost with the process.
  /// The user must not be owed one already.
  void refresh(PendingList pending);

  /// Returns the user that waited longest, still waiting; null when none does. Valid until the next
  /// non-const call.
  const PendingList* front();

  /// The front went to scoring; it stays owed until it is settled.
  void pop_front();

  /// A list that reflects `offset` was acknowledged, or the removal at it. Returns true when
  /// nothing newer is owed and the debt has a durable twin: it is gone, its row should be deleted.
  bool settle(const UserId& user, Offset offset, bool forgets = false);

  /// A list that reflects `offset` was given up, or the removal at it: unless a newer one is on its
  /// way, the user waits again.
  void retry(const UserId& user, Offset offset, bool forgets = false);

  bool contains(const UserId& user) const { return entries_.contains(user); }

  /// Users owed a list, waiting or on their way.
  std::size_t size() const { return entries_.size(); }
  /// Users that wait for scoring.
  std::size_t waiting() const { return waiting_count_; }

 private:
  struct Entry {
    PendingList pending;
    bool waiting = true;
  };

  absl::flat_hash_map<UserId, Entry> entries_;
  std::deque<UserId> queue_;  // May hold users that were settled since; front() drops them.
  std::size_t waiting_count_ = 0;
};

}  // namespace freshet
