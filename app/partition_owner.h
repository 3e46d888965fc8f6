#pragma once

#include <map>
#include <string>

#include "app/engine.h"
#include "ingest/kafka_consumer.h"
#include "state/rocksdb_store.h"

namespace freshet {

/// Gives the partitions that Kafka assigns to the engine, each on its own database. The position to
/// resume from comes from that database alone. Confined to the consumer's thread, except
/// record_figures().
class StateOwner final : public PartitionOwner {
 public:
  StateOwner(const StateConfig& config, const RocksDbResources& resources, Engine& engine)
      : config_(config), resources_(resources), engine_(engine) {}

  Result<Offset> assigned(PartitionId partition, Watermarks broker,
                          std::unique_ptr<RecordSource> source) override;
  void revoked(PartitionId partition) override;

  /// Sets the metrics of the databases that are open.
  void record_figures(StateMetrics& metrics) const;

 private:
  std::string directory_of(PartitionId partition) const;

  const StateConfig& config_;
  const RocksDbResources& resources_;
  Engine& engine_;
  std::map<PartitionId, const RocksDbStore*> stores_;  // Owned by the engine's tasks.
};

}  // namespace freshet
