#pragma once

#include "config/time.h"

namespace freshet {

/// When the newest event of a list came past each point of its way; a point that is empty was not
/// seen. `received` is empty where no event caused the list: then the others mean nothing.
struct ListTimes {
  SteadyTime received{};   ///< It came into the log, by the log's own time.
  SteadyTime polled{};     ///< The partition's task has it,
  SteadyTime decoded{};    ///< as an event,
  SteadyTime folded{};     ///< in its user's state,
  SteadyTime committed{};  ///< which is durable.
  SteadyTime taken{};      ///< Scoring took the user from its queue,
  SteadyTime ranked{};     ///< has the batch's lists,
  SteadyTime encoded{};    ///< and gives the producer this one.
};

}  // namespace freshet
