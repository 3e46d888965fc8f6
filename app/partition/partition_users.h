#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>
#include <vector>

#include "config/bounded_queue.h"
#include "ingest/user_update.h"

namespace freshet {

/// A user whom a partition is to forget.
struct Forget {
  UserId user;
  EventTime time;        ///< Of the tombstone.
  bool is_home = false;  ///< The user's events come to this partition, as far as one can tell.
};

/// What the task of one partition is told of users, by the feed of the users topic. Confined to the
/// task's thread, except tell().
class PartitionUsers {
 public:
  /// False when too many updates wait: tell again. Thread-safe.
  bool tell(const UserUpdate& update, bool is_home);

  /// Takes in what waits.
  void read();
  /// Takes in what was known before the task began.
  void know(const UserUpdate& update, bool is_home);

  Consent consent_of(const UserId& user) const;

  /// Takes up to `max` users who are to be forgotten.
  std::vector<Forget> take_forgets(std::size_t max);

 private:
  struct Told {
    UserUpdate update;
    bool is_home = false;
  };

  static constexpr std::size_t kWaitingMax = 1'024;

  BoundedQueue<Told> told_{kWaitingMax};
  // By user_hash(): of those whose consent is not the default.
  std::unordered_map<std::uint64_t, Consent> consents_;
  std::map<UserId, Forget> forgets_;  // One per user, so no more than the topic's feed keeps.
};

}  // namespace freshet
