#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/ids.h"
#include "config/time.h"

namespace freshet {

/// Returns the hash under which it is kept that a user was forgotten: the id itself must go.
std::uint64_t user_hash(std::string_view user);

/// That a user was forgotten: so that what is older is never folded again, and the tombstone, which
/// comes again at every start, is not applied to a history that began after it.
struct ForgottenUser {
  std::uint64_t user_hash = 0;
  EventTime time;      ///< Of the newest tombstone: events that the log took until then are out.
  Offset next_offset;  ///< Where the partition stood: everything before it was erased.

  friend bool operator==(const ForgottenUser&, const ForgottenUser&) = default;
};

/// The users that one partition has forgotten, in memory; their durable twins stand in the store.
/// Confined to one thread.
class ForgottenUsers {
 public:
  void restore(const std::vector<ForgottenUser>& rows);

  /// Whether this tombstone, or a newer one, was applied.
  bool knows(const UserId& user, EventTime time) const;

  /// The user is forgotten; returns the row to store.
  ForgottenUser add(const UserId& user, EventTime time, Offset next_offset);

  /// Whether an event that the log took at `log_time` is one to leave out.
  bool covers(const UserId& user, std::optional<EventTime> log_time) const;

 private:
  const ForgottenUser* find(const UserId& user) const;

  std::unordered_map<std::uint64_t, ForgottenUser> rows_;
};

}  // namespace freshet
