#pragma once

#include <cstdint>
#include <string_view>

#include "config/ids.h"

namespace freshet {

/// How producers choose a record's partition from its key.
enum class Partitioner : std::uint8_t {
  kMurmur2,  ///< Kafka's own clients (Java) and ours.
  kCrc32,    ///< librdkafka's default, and clients built on it (Go, Python, C#).
};

/// Returns the partition to which producers with `partitioner` send `key`, of `partition_count`.
/// Thread-safe.
PartitionId partition_of(std::string_view key, std::int32_t partition_count,
                         Partitioner partitioner);

}  // namespace freshet
