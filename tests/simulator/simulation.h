#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulator/process.h"

namespace freshet::sim {

/// What a schedule ended with.
struct Outcome {
  std::optional<std::string> violation;  ///< Empty = every invariant held.
  std::vector<std::string> trace;        ///< Only when asked for.
  std::map<std::string, std::uint64_t> counts;
};

/// Runs the schedule of `seed`: a cluster of the real code under faults, then calm until everything
/// must be done, then the invariants. The same seed, mutation and program give the same schedule.
/// `figures` takes the metrics, which nobody reads. Confined to one thread.
Outcome run_schedule(std::uint64_t seed, Mutation mutation, bool tracing, PipelineFigures& figures);

}  // namespace freshet::sim
