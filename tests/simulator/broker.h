#pragma once

#include <deque>

#include "tests/simulator/reference.h"
#include "tests/simulator/simulated_group.h"
#include "tests/simulator/simulated_log.h"
#include "tests/simulator/simulated_publisher.h"

namespace freshet::sim {

/// All that outlives every process and machine of ours: the logs, what was published, the group.
/// Confined to one thread.
struct Broker {
  Broker(World& world, const Config& config, int partitions, WorldTime session_timeout)
      : group(world, partitions, session_timeout) {
    for (int i = 0; i < partitions; ++i) {
      logs.emplace_back(PartitionId{i});
      references.emplace_back(config, logs.back());
    }
  }

  SimulatedLog& log(PartitionId partition) {
    return logs[static_cast<std::size_t>(partition.value)];
  }
  Reference& reference(PartitionId partition) {
    return references[static_cast<std::size_t>(partition.value)];
  }

  std::deque<SimulatedLog> logs;
  std::deque<Reference> references;
  SimulatedOutput output;
  SimulatedGroup group;
  MemberId next_member = 0;
};

}  // namespace freshet::sim
