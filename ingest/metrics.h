#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "config/ids.h"
#include "ingest/dead_letter.h"
#include "ingest/event.h"

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
class Registry;
template <typename T>
class Family;
}  // namespace prometheus

namespace freshet {

/// The figures of ingest/ (table in ARCHITECTURE.md). Thread-safe; the registry outlives it.
class IngestMetrics {
 public:
  explicit IngestMetrics(prometheus::Registry& registry);

  /// A poll gave this many records, at least one.
  void record_batch(std::size_t records);
  void record_event(Action action);
  void record_dead_lettered(BadRecordReason reason);
  /// A record that means nothing to us: a tombstone, or a type that is mapped to "ignore".
  void record_skipped();
  /// A rekeyed record that had come before.
  void record_repeat();
  /// Records written to the topic keyed by user.
  void record_rekeyed(std::size_t records);
  void set_lag(PartitionId partition, std::int64_t records);
  /// Part of the backlog met at the assignment that is done; 1 = the partition is current.
  void set_caught_up(PartitionId partition, double ratio);
  /// The partition left; its lag is another process's figure now.
  void forget(PartitionId partition);

 private:
  prometheus::Counter& records_;
  prometheus::Counter& skipped_;
  prometheus::Counter& repeats_;
  prometheus::Counter& rekeyed_;
  prometheus::Histogram& batch_records_;
  prometheus::Family<prometheus::Gauge>& lag_records_;
  prometheus::Family<prometheus::Gauge>& caught_up_ratio_;
  std::array<prometheus::Counter*, kActionCount> events_{};
  std::array<prometheus::Counter*, kBadRecordReasonCount> dead_letters_{};
};

}  // namespace freshet
