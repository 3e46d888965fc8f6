#pragma once

#include <array>
#include <chrono>

#include "state/fold.h"
#include "state/rocksdb_store.h"

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
class Registry;
template <typename T>
class Family;
}  // namespace prometheus

namespace freshet {

/// The figures of state/ (table in ARCHITECTURE.md). Thread-safe; the registry outlives it.
class StateMetrics {
 public:
  explicit StateMetrics(prometheus::Registry& registry);

  void record_fold(FoldOutcome outcome);
  void record_commit(std::chrono::nanoseconds duration, std::size_t users);
  void set_outbox(PartitionId partition, std::size_t users);
  void set_database(PartitionId partition, const RocksDbFigures& figures);
  void set_memory_bytes(std::uint64_t bytes);

 private:
  std::array<prometheus::Counter*, kFoldOutcomeCount> folds_{};
  prometheus::Histogram& commit_seconds_;
  prometheus::Histogram& commit_users_;
  prometheus::Gauge& memory_bytes_;
  prometheus::Family<prometheus::Gauge>& outbox_users_;
  prometheus::Family<prometheus::Gauge>& users_;
  prometheus::Family<prometheus::Gauge>& sst_bytes_;
  prometheus::Family<prometheus::Gauge>& memtable_bytes_;
  prometheus::Family<prometheus::Gauge>& pending_compaction_bytes_;
};

}  // namespace freshet
