#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "state/snapshot_store.h"

namespace freshet {

/// For how many partitions of which topic the states in a store were made: keys go to other
/// partitions when the count changes, so states of another count must not be used.
struct PartitionLayout {
  std::string topic;
  std::int32_t partition_count = 0;

  friend bool operator==(const PartitionLayout&, const PartitionLayout&) = default;
};

/// Returns the layout kept in `store`, named `where` in errors; empty = none is. Errors: kCorrupt.
Result<std::optional<PartitionLayout>> read_layout(SnapshotStore& store, const std::string& where);

/// Checks `now`, what the brokers say, against the layout kept in `store`; keeps it where there is
/// none. `where` names the store in errors. Errors: kInvalidConfig, naming the remedy.
Status check_layout(SnapshotStore& store, const PartitionLayout& now, const std::string& where);

/// Says that the states in `store` are made for `layout` from now on.
Status replace_layout(SnapshotStore& store, const PartitionLayout& layout);

}  // namespace freshet
