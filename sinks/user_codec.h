#pragma once

#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "config/ids.h"
#include "state/user_state.h"

namespace freshet {

/// What is known of a user, and what it is called.
struct UserView {
  struct Item {
    std::string name;
    std::string title;  ///< Empty = none is known.
  };
  UserId user;
  PartitionId partition;
  Offset offset;  ///< Of the newest record the state reflects.
  UserState state;
  std::vector<std::string> context_keys;   ///< In the order of UserState::context.
  std::unordered_map<ItemId, Item> items;  ///< Those of the state that the catalogue has.
};

/// Returns the user as JSON: what is newest comes first; an item that left the catalogue is null.
/// Thread-safe (no state).
std::string encode_user(const UserView& view);

}  // namespace freshet
