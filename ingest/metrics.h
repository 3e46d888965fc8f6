#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "config/ids.h"
#include "ingest/dead_letter.h"
#include "ingest/event.h"

namespace prometheus {
class Registry;
}

namespace freshet {

/// What ingest counts. The figures live in the registry, which must outlive this. Thread-safe.
class IngestMetrics {
 public:
  explicit IngestMetrics(prometheus::Registry& registry);
  ~IngestMetrics();

  /// A batch of `records` was polled and decoded.
  void add_batch(std::size_t records);
  /// A record became an event.
  void add_event(Action action);
  /// A record became a dead letter.
  void add_dead_letter(BadRecordReason reason);
  /// A record meant nothing to us: a tombstone, or a type mapped to "ignore".
  void add_skipped();
  /// Records of the partition that are in the log and not yet read.
  void set_lag(PartitionId partition, std::int64_t records);
  /// The partition is no longer ours; its lag is not our figure any more.
  void forget(PartitionId partition);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace freshet
