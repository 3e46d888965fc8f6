#pragma once

#include <functional>
#include <optional>

#include "config/result.h"
#include "scoring/ranked_list.h"

namespace freshet {

/// A question for one user's list from the state as it is, outside the log's order.
struct Question {
  UserId user;
  /// Called once per task, by its thread: with the user's state and its position when this
  /// partition has it. Errors: kUnavailable when the partition is given up meanwhile.
  std::function<void(Result<std::optional<RankRequest>>)> answer;
};

}  // namespace freshet
