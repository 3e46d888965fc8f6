#pragma once

#include <string>
#include <vector>

#include "tests/simulator/simulated_log.h"

namespace freshet::sim {

/// Writes the events of a few users: clicks, purchases, impressions, late ones, repeated ones,
/// records that cannot be decoded, tombstones, gaps. Confined to one thread.
class Clickstream {
 public:
  explicit Clickstream(World& world) : world_(world) {}

  /// Appends a record of a user of the partition `home`, or leaves a gap.
  void append(SimulatedLog& log, PartitionId home);

  /// One of the partition's users.
  UserId any_user(PartitionId partition);

 private:
  std::string event(PartitionId partition, EventTime log_time);

  World& world_;
  std::uint64_t next_id_ = 0;
};

}  // namespace freshet::sim
