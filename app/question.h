#pragma once

#include <functional>
#include <optional>

#include "scoring/ranked_list.h"

namespace freshet {

/// A question for one user's list from the state as it is, outside the log's order.
struct Question {
  UserId user;
  /// Called once per task: with the user's state and its position when this partition has it.
  std::function<void(std::optional<RankRequest>)> answer;
};

}  // namespace freshet
