#include "state/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <string>

namespace freshet {
namespace {

prometheus::Family<prometheus::Gauge>& gauges(prometheus::Registry& registry, const char* name,
                                              const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

prometheus::Histogram& histogram(prometheus::Registry& registry, const char* name, const char* help,
                                 prometheus::Histogram::BucketBoundaries bounds) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add(
      {}, std::move(bounds));
}

prometheus::Counter& counter(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({});
}

prometheus::Labels label(PartitionId partition) {
  return {{"partition", std::to_string(partition.value)}};
}

const prometheus::Histogram::BucketBoundaries kLongSeconds{0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
                                                           1,    2.5,   5,    10,  30,   100};

void set(prometheus::Family<prometheus::Gauge>& family, PartitionId partition, double value) {
  family.Add(label(partition)).Set(value);
}

}  // namespace

StateMetrics::StateMetrics(prometheus::Registry& registry)
    : forgotten_(counter(registry, "freshet_state_forgotten_users_total",
                         "Users whose state and list were erased.")),
      expired_(counter(registry, "freshet_state_expired_users_total",
                       "Users whose history had expired and was erased, and the list with it.")),
      commit_seconds_(histogram(registry, "freshet_state_commit_seconds",
                                "Time of one commit (one WriteBatch).",
                                {25e-6, 50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3,
                                 25e-3, 50e-3, 100e-3, 250e-3, 1.0})),
      commit_users_(histogram(registry, "freshet_state_commit_users",
                              "User states written by one commit.",
                              {0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000})),
      memory_bytes_(gauges(registry, "freshet_state_memory_bytes",
                           "Block cache and memtables of all databases.")
                        .Add({})),
      snapshot_seconds_(histogram(registry, "freshet_state_snapshot_seconds",
                                  "Time of one snapshot, from the copy to its manifest.",
                                  kLongSeconds)),
      snapshot_copied_bytes_(counter(registry, "freshet_state_snapshot_copied_bytes_total",
                                     "Bytes that snapshots had to copy.")),
      snapshot_failures_(counter(registry, "freshet_state_snapshot_failures_total",
                                 "Snapshots that could not be written.")),
      start_seconds_(histogram(registry, "freshet_state_start_seconds",
                               "Time to find, check and open a partition's state.", kLongSeconds)),
      snapshot_bytes_(gauges(registry, "freshet_state_snapshot_bytes",
                             "Size of the partition's newest snapshot.")),
      snapshot_age_seconds_(gauges(registry, "freshet_state_snapshot_age_seconds",
                                   "Time since the partition's newest snapshot.")),
      disk_full_(gauges(registry, "freshet_state_disk_full",
                        "1 while a partition stands still since the disk is full.")),
      outbox_users_(gauges(registry, "freshet_state_outbox_users", "Users that are owed a list.")),
      watermark_seconds_(gauges(registry, "freshet_state_watermark_seconds",
                                "Event time that the partition has reached, as Unix time.")),
      users_(gauges(registry, "freshet_state_users", "Users with a state (estimate).")),
      sst_bytes_(gauges(registry, "freshet_state_sst_bytes", "Bytes of the database's files.")),
      memtable_bytes_(gauges(registry, "freshet_state_memtable_bytes", "Bytes not yet in files.")),
      pending_compaction_bytes_(gauges(registry, "freshet_state_pending_compaction_bytes",
                                       "Bytes that compaction still has to rewrite.")) {
  auto& folds = prometheus::BuildCounter()
                    .Name("freshet_state_folded_total")
                    .Help("Events folded, by what became of them.")
                    .Register(registry);
  for (std::size_t i = 0; i < kFoldOutcomeCount; ++i) {
    folds_[i] = &folds.Add({{"outcome", std::string(to_string(static_cast<FoldOutcome>(i)))}});
  }
  auto& starts = prometheus::BuildCounter()
                     .Name("freshet_state_starts_total")
                     .Help("Partitions taken over, by what their state was started from.")
                     .Register(registry);
  for (std::size_t i = 0; i < kStartKindCount; ++i) {
    starts_[i] = &starts.Add({{"from", std::string(to_string(static_cast<StartKind>(i)))}});
  }
}

void StateMetrics::record_snapshot(PartitionId partition, const SnapshotCost& cost,
                                   std::chrono::nanoseconds duration) {
  snapshot_seconds_.Observe(std::chrono::duration<double>(duration).count());
  snapshot_copied_bytes_.Increment(static_cast<double>(cost.copied_bytes));
  set(snapshot_bytes_, partition, static_cast<double>(cost.size_bytes));
}

void StateMetrics::record_snapshot_failure() { snapshot_failures_.Increment(); }

void StateMetrics::set_snapshot_age(PartitionId partition, std::chrono::milliseconds age) {
  set(snapshot_age_seconds_, partition, std::chrono::duration<double>(age).count());
}

void StateMetrics::record_start(StartKind kind, std::chrono::nanoseconds duration) {
  starts_[static_cast<std::size_t>(kind)]->Increment();
  start_seconds_.Observe(std::chrono::duration<double>(duration).count());
}

void StateMetrics::forget(PartitionId partition) {
  for (auto* family : {&disk_full_, &outbox_users_, &users_, &sst_bytes_, &memtable_bytes_,
                       &pending_compaction_bytes_, &watermark_seconds_, &snapshot_bytes_,
                       &snapshot_age_seconds_}) {
    family->Remove(&family->Add(label(partition)));
  }
}

void StateMetrics::record_fold(FoldOutcome outcome) {
  folds_[static_cast<std::size_t>(outcome)]->Increment();
}

void StateMetrics::record_forgotten() { forgotten_.Increment(); }

void StateMetrics::record_expired(std::size_t users) {
  expired_.Increment(static_cast<double>(users));
}

void StateMetrics::set_watermark(PartitionId partition, EventTime time) {
  set(watermark_seconds_, partition,
      std::chrono::duration<double>(time.time_since_epoch()).count());
}

void StateMetrics::record_commit(std::chrono::nanoseconds duration, std::size_t users) {
  commit_seconds_.Observe(std::chrono::duration<double>(duration).count());
  commit_users_.Observe(static_cast<double>(users));
}

void StateMetrics::set_disk_full(PartitionId partition, bool full) {
  set(disk_full_, partition, full ? 1 : 0);
}

void StateMetrics::set_outbox(PartitionId partition, std::size_t users) {
  set(outbox_users_, partition, static_cast<double>(users));
}

void StateMetrics::set_database(PartitionId partition, const RocksDbFigures& figures) {
  set(users_, partition, static_cast<double>(figures.users_estimate));
  set(sst_bytes_, partition, static_cast<double>(figures.sst_bytes));
  set(memtable_bytes_, partition, static_cast<double>(figures.memtable_bytes));
  set(pending_compaction_bytes_, partition, static_cast<double>(figures.pending_compaction_bytes));
}

void StateMetrics::set_memory_bytes(std::uint64_t bytes) {
  memory_bytes_.Set(static_cast<double>(bytes));
}

}  // namespace freshet
