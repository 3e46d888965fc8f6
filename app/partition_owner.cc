#include "app/partition_owner.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace freshet {
namespace {

/// Checks that the records from `next` on are still there and were ever there.
Status check_start(PartitionId partition, Offset next, Watermarks broker) {
  if (next < broker.low) {
    return error(
        ErrorCode::kUnavailable,
        fmt::format("partition {}: its state ends at offset {}, but Kafka keeps records "
                    "from {} on: {} records are gone. Raise the topic's retention; to go "
                    "on without them, move the partition's state directory away",
                    partition.value, next.value, broker.low.value, broker.low.value - next.value));
  }
  if (next > broker.high) {
    return error(
        ErrorCode::kUnavailable,
        fmt::format("partition {}: its state ends at offset {}, but the topic ends at {}: "
                    "was the topic recreated? Move the partition's state directory and the "
                    "model directory away to start anew",
                    partition.value, next.value, broker.high.value));
  }
  return {};
}

}  // namespace

std::string StateOwner::directory_of(PartitionId partition) const {
  return fmt::format("{}/partition-{}", config_.directory, partition.value);
}

Result<Offset> StateOwner::assigned(PartitionId partition, Watermarks broker,
                                    std::unique_ptr<RecordSource> source) {
  auto store = RocksDbStore::open(directory_of(partition), resources_);
  if (!store) return tl::unexpected(store.error());
  const RocksDbStore* opened = store->get();
  auto next = engine_.open_partition(partition, std::move(*store));
  if (!next) return tl::unexpected(next.error());
  const Offset start = next->value_or(broker.low);
  if (const Status checked = check_start(partition, start, broker); !checked) {
    engine_.close_partition(partition);
    return tl::unexpected(checked.error());
  }
  stores_[partition] = opened;
  spdlog::info("partition {}: assigned, from offset {} of {}", partition.value, start.value,
               broker.high.value);
  engine_.start_partition(partition, start, std::move(source));
  return start;
}

void StateOwner::revoked(PartitionId partition) {
  stores_.erase(partition);
  engine_.close_partition(partition);
  spdlog::info("partition {}: given up", partition.value);
}

void StateOwner::record_figures(StateMetrics& metrics) const {
  for (const auto& [partition, store] : stores_) metrics.set_database(partition, store->figures());
  metrics.set_memory_bytes(resources_.memory_bytes());
}

}  // namespace freshet
