#pragma once

#include <array>
#include <chrono>

#include "state/fold.h"
#include "state/partition_restorer.h"
#include "state/rocksdb_store.h"
#include "state/snapshot_writer.h"

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
  void record_forgotten();
  void record_expired(std::size_t users);
  /// Event time that the partition has reached.
  void set_watermark(PartitionId partition, EventTime time);
  /// Whether the partition stands still since the disk is full.
  void set_disk_full(PartitionId partition, bool full);
  void set_outbox(PartitionId partition, std::size_t users);
  void set_database(PartitionId partition, const RocksDbFigures& figures);
  void set_memory_bytes(std::uint64_t bytes);
  /// A snapshot of the partition was written; `duration` covers copy and upload.
  void record_snapshot(PartitionId partition, const SnapshotCost& cost,
                       std::chrono::nanoseconds duration);
  void record_snapshot_failure();
  void set_snapshot_age(PartitionId partition, std::chrono::milliseconds age);
  /// A partition was taken over, with its state from `kind`.
  void record_start(StartKind kind, std::chrono::nanoseconds duration);
  /// The partition left: its figures are another process's now.
  void forget(PartitionId partition);

 private:
  std::array<prometheus::Counter*, kFoldOutcomeCount> folds_{};
  prometheus::Counter& forgotten_;
  prometheus::Counter& expired_;
  prometheus::Histogram& commit_seconds_;
  prometheus::Histogram& commit_users_;
  prometheus::Gauge& memory_bytes_;
  prometheus::Histogram& snapshot_seconds_;
  prometheus::Counter& snapshot_copied_bytes_;
  prometheus::Counter& snapshot_failures_;
  prometheus::Histogram& start_seconds_;
  std::array<prometheus::Counter*, kStartKindCount> starts_{};
  prometheus::Family<prometheus::Gauge>& snapshot_bytes_;
  prometheus::Family<prometheus::Gauge>& snapshot_age_seconds_;
  prometheus::Family<prometheus::Gauge>& disk_full_;
  prometheus::Family<prometheus::Gauge>& outbox_users_;
  prometheus::Family<prometheus::Gauge>& watermark_seconds_;
  prometheus::Family<prometheus::Gauge>& users_;
  prometheus::Family<prometheus::Gauge>& sst_bytes_;
  prometheus::Family<prometheus::Gauge>& memtable_bytes_;
  prometheus::Family<prometheus::Gauge>& pending_compaction_bytes_;
};

}  // namespace freshet
