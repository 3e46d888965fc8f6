#include "app/kafka/partition_owner.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "state/partition_layout.h"

namespace freshet {
namespace {

GapPolicy policy_of(const KafkaSourceConfig& config) {
  return config.on_gap == "reset_state" ? GapPolicy::kReset : GapPolicy::kFail;
}

}  // namespace

StateOwner::StateOwner(StateOwnerParts parts)
    : parts_(parts),
      restorer_(parts.config.state, parts.resources, parts.snapshots,
                policy_of(parts.config.ingest.kafka)) {}

Status StateOwner::counted(std::size_t partition_count) {
  partition_count_ = static_cast<std::int32_t>(partition_count);
  parts_.engine.set_partition_count(partition_count_);
  const PartitionLayout layout{parts_.config.ingest.kafka.events_topic, partition_count_};
  const StateConfig& config = parts_.config.state;
  FRESHET_RETURN_IF_ERROR(check_layout(parts_.local, layout, config.directory));
  if (!parts_.snapshots) return {};
  return check_layout(*parts_.snapshots, layout, config.snapshots.directory);
}

LogView StateOwner::log_of(PartitionId partition, Watermarks broker) const {
  return {{parts_.config.ingest.kafka.events_topic, partition_count_, partition},
          broker,
          [this, partition](Offset offset) { return parts_.probe.mark_at(partition, offset); }};
}

Result<Offset> StateOwner::assigned(PartitionId partition, Watermarks broker,
                                    std::unique_ptr<RecordSource> source) {
  const SteadyTime begin = parts_.clock.steady_now();
  const LogView log = log_of(partition, broker);
  auto restored = restorer_.restore(log);
  if (!restored) return tl::unexpected(restored.error());
  for (const std::string& warning : restored->warnings) {
    spdlog::warn("partition {}: {}", partition.value, warning);
  }
  const StartKind kind = restored->kind;
  auto offset = start(log, std::move(*restored), std::move(source));
  if (!offset) return offset;
  const auto duration = parts_.clock.steady_now() - begin;
  parts_.metrics.record_start(kind, duration);
  spdlog::info("partition {}: assigned, from offset {} of {}, state: {}, {:.0f} ms",
               partition.value, offset->value, broker.high.value, to_string(kind),
               std::chrono::duration<double, std::milli>(duration).count());
  return offset;
}

Result<Offset> StateOwner::start(const LogView& log, RestoredPartition restored,
                                 std::unique_ptr<RecordSource> source) {
  const PartitionId partition = log.of.partition;
  const RocksDbStore& store = *restored.store;
  auto next = parts_.engine.open_partition(partition, std::move(restored.store));
  if (!next) return tl::unexpected(next.error());
  const auto position = store.position();
  if (!position) {
    parts_.engine.close_partition(partition);
    return tl::unexpected(position.error());
  }
  if (parts_.keeper) {
    parts_.keeper->watch(log.of, store, position->epoch,
                         restored.snapshot ? &*restored.snapshot : nullptr);
  }
  if (parts_.announcer) parts_.announcer->announce(partition, position->epoch);
  stores_[partition] = &store;
  const Offset offset = next->value_or(log.watermarks.low);
  parts_.engine.start_partition(partition, offset, std::move(source));
  return offset;
}

void StateOwner::revoked(PartitionId partition) {
  const Status ended = parts_.engine.stop_partition(partition);
  const bool damaged = !ended && ended.error().code == ErrorCode::kCorrupt;
  if (parts_.keeper) parts_.keeper->release(partition, !damaged);
  stores_.erase(partition);
  parts_.engine.close_partition(partition);
  spdlog::info("partition {}: given up", partition.value);
}

void StateOwner::record_figures() {
  for (const auto& [partition, store] : stores_) {
    parts_.metrics.set_database(partition, store->figures());
  }
  parts_.metrics.set_memory_bytes(parts_.resources.memory_bytes());
  if (parts_.keeper) parts_.keeper->record_ages();
}

}  // namespace freshet
