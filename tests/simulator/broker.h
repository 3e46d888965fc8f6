#pragma once

#include <deque>
#include <optional>

#include "ingest/user_update.h"
#include "tests/simulator/reference.h"
#include "tests/simulator/rekeyed_stream.h"
#include "tests/simulator/simulated_group.h"
#include "tests/simulator/simulated_log.h"
#include "tests/simulator/simulated_publisher.h"
#include "tests/simulator/simulated_snapshots.h"

namespace freshet::sim {

/// All that outlives every process and machine of ours: the logs, what was published, the group.
/// Confined to one thread.
struct Broker {
  Broker(World& world, const Config& config, int partitions, WorldTime session_timeout)
      : group(world, partitions, session_timeout),
        snapshots(world),
        has_snapshots(world.random.chance(0.5)) {
    for (int i = 0; i < partitions; ++i) {
      logs.emplace_back(PartitionId{i});
      references.emplace_back(config, logs.back());
    }
    if (config.ingest.rekey.from_topic.empty()) return;
    rekeyed.emplace(world, logs, 1 + static_cast<int>(world.random.below(3)), session_timeout);
  }

  SimulatedLog& log(PartitionId partition) {
    return logs[static_cast<std::size_t>(partition.value)];
  }
  TopicPartition name_of(PartitionId partition) const {
    return {"events", static_cast<std::int32_t>(logs.size()), partition};
  }
  Reference& reference(PartitionId partition) {
    return references[static_cast<std::size_t>(partition.value)];
  }

  std::deque<SimulatedLog> logs;         ///< Of the events topic.
  std::optional<RekeyedStream> rekeyed;  ///< Who writes it; empty = others, keyed by user.
  std::vector<UserUpdate> users;         ///< The users topic, oldest first.
  std::deque<Reference> references;
  SimulatedOutput output;
  SimulatedGroup group;
  SimulatedSnapshots snapshots;
  const bool has_snapshots;                ///< In this schedule.
  std::map<PartitionId, Epoch> epoch_max;  ///< The largest that any machine took.
  MemberId next_member = 0;
};

}  // namespace freshet::sim
