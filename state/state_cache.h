#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstddef>
#include <list>
#include <string_view>

#include "config/ids.h"
#include "state/user_state.h"

namespace freshet {

/// States of the users who did something last, decoded, so that their next events need no read. A
/// copy of what the store holds: who changes a state takes it out and puts it back once it is
/// committed. Bounded; those unused for longest go first. Confined to one thread.
class StateCache {
 public:
  /// About so many bytes are kept; 0 = nothing.
  explicit StateCache(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  /// Moves the user's state to `state`; false = it is not here.
  bool take(const UserId& user, UserState& state);

  /// Returns the user's state; null = it is not here. Valid until the next non-const call.
  const UserState* find(const UserId& user) const;

  /// Keeps a state as it is committed, in place of one before.
  void put(const UserId& user, UserState state);

  void erase(const UserId& user);

  /// Users, those included whose state is out.
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    UserId user;
    UserState state;
    std::size_t bytes = 0;
    bool out = false;  ///< Taken; its place is kept, as it comes back.
  };
  using Entries = std::list<Entry>;

  void remove(Entries::iterator entry);
  void make_room();

  const std::size_t bytes_max_;
  Entries entries_;                                                   // Used last first.
  absl::flat_hash_map<std::string_view, Entries::iterator> by_user_;  // Views into entries_.
  std::size_t bytes_ = 0;
};

}  // namespace freshet
