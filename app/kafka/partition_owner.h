#pragma once

#include <map>
#include <memory>
#include <string>

#include "app/engine/engine.h"
#include "app/http/owner_book.h"
#include "app/kafka/snapshot_keeper.h"
#include "ingest/kafka_consumer.h"
#include "ingest/kafka_record_probe.h"
#include "state/partition_restorer.h"

namespace freshet {

/// What the owner of the partitions works with. All outlive it.
struct StateOwnerParts {
  const Config& config;
  const RocksDbResources& resources;
  Engine& engine;
  KafkaRecordProbe& probe;
  SnapshotStore& local;      ///< state.directory, for its layout.
  SnapshotStore* snapshots;  ///< Null = none are kept.
  SnapshotKeeper* keeper;    ///< Null as `snapshots`.
  StateMetrics& metrics;
  OwnerAnnouncer* announcer;  ///< Null = nobody is told what is ours.
  Lease& lease;
  const Clock& clock;
};

/// Gives the partitions that Kafka assigns to the engine, each on its own database: the local one
/// or a snapshot, whichever is newer. The position to resume from comes from there alone. Confined
/// to the consumer's thread.
class StateOwner final : public PartitionOwner {
 public:
  explicit StateOwner(StateOwnerParts parts);

  Status counted(std::size_t partition_count) override;
  Result<Offset> assigned(PartitionId partition, Watermarks broker,
                          std::unique_ptr<RecordSource> source) override;
  void revoked(PartitionId partition) override;
  void confirmed(BootTime asked) override { parts_.lease.confirm(asked); }

  /// Sets the metrics of the databases that are open, and of their snapshots.
  void record_figures();

 private:
  LogView log_of(PartitionId partition, Watermarks broker) const;
  Result<Offset> start(const LogView& log, RestoredPartition restored,
                       std::unique_ptr<RecordSource> source);

  const StateOwnerParts parts_;
  PartitionRestorer restorer_;
  std::int32_t partition_count_ = 0;
  std::map<PartitionId, const RocksDbStore*> stores_;  // Owned by the engine's tasks.
};

}  // namespace freshet
