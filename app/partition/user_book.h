#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <unordered_map>

#include "config/result.h"
#include "ingest/user_update.h"

namespace freshet {

/// What the users topic has said so far, for partitions that are taken over later: those users
/// whose consent differs from the default, and those who are forgotten. Confined to one thread.
class UserBook {
 public:
  explicit UserBook(std::size_t users_max) : users_max_(users_max) {}

  /// Errors: kInvalidConfig when there are more users than `users_max`.
  Status update(const UserUpdate& update);

  /// Calls `visit` with the newest word of each user. A consent given after a tombstone does not
  /// undo it.
  void visit(const std::function<void(const UserUpdate&)>& visit) const;

 private:
  struct Entry {
    Consent consent;
    std::optional<EventTime> forgotten_time;
  };

  const std::size_t users_max_;
  std::unordered_map<UserId, Entry> users_;
};

}  // namespace freshet
