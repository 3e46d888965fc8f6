#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

#include "config/bounded_queue.h"
#include "config/refresh_config.h"
#include "config/time.h"
#include "scoring/refresh/refresh_book.h"
#include "state/state_store.h"

namespace freshet {

/// Active users whom tasks have found in their stores, on their way to scoring. Small: a full one
/// lets the walk wait.
using ActiveUserQueue = BoundedQueue<ActiveUser>;

/// Who is active is known in memory alone: whoever takes a partition over walks once round its
/// stored users, a few at a time, and tells scoring of those who are. Confined to one thread (the
/// task's).
class ActiveUserWalk {
 public:
  /// Users looked at in one step.
  static constexpr std::size_t kUsersLookedAt = 32;

  /// `found` outlives it; null = nobody wants to know.
  ActiveUserWalk(const RefreshConfig& config, ActiveUserQueue* found);

  /// Looks at the next few users. `position`: of lists that are made from the states as they are.
  /// Errors: those of StateStore::visit_users_between.
  Status look(StateStore& store, const Position& position, EventTime time);

 private:
  std::optional<EventTime> active_since(std::string_view state, EventTime time) const;

  const std::chrono::seconds active_;
  ActiveUserQueue* const found_;
  bool done_;
  UserId next_;  // The first to look at.
};

}  // namespace freshet
