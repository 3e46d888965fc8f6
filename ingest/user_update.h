#pragma once

#include <optional>

#include "config/ids.h"
#include "config/time.h"

namespace freshet {

/// What a user agreed to. The default is that of a user who has said nothing.
struct Consent {
  bool personalise = true;  ///< False: lists are made as if nothing were known of the user.
  bool learn = true;        ///< False: neither are events learned from nor lists judged.

  friend bool operator==(const Consent&, const Consent&) = default;
};

/// The newest word of a user, from the compacted users topic. Replaces the one before.
struct UserUpdate {
  UserId user;
  Consent consent;
  /// A tombstone: the user is forgotten, with all that the log took until then. Empty = is not.
  std::optional<EventTime> forgotten_time;

  friend bool operator==(const UserUpdate&, const UserUpdate&) = default;
};

}  // namespace freshet
