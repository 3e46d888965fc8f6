#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ingest/event.h"

namespace freshet {

/// What a field may be for Freshet.
enum class FieldRole {
  kEventId,
  kType,
  kUser,
  kAnonymous,
  kSession,
  kTime,
  kValue,
  kQuantity,
  kPrice,
  kItem,
  kItems,
  kItemInItems,
  kContext,
};

/// How well the name of a path suits a role, by names that clickstreams use: 0 = not at all, 100 =
/// best; an earlier name in our list counts for more, and so does a shallower path. Compared are
/// letters and digits alone, of the last step and of the last two together. Thread-safe.
int name_score(FieldRole role, const std::string& path);

/// What a value of a type field means by what such values are usually called ("add_to_cart",
/// "Order Completed"); empty = unknown. Thread-safe.
std::optional<Action> guess_action(std::string_view value);

}  // namespace freshet
