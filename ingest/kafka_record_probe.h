#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "config/ingest_config.h"
#include "config/result.h"
#include "ingest/record.h"

namespace freshet {

/// Looks at single records of a topic, outside the group. Confined to one thread.
class KafkaRecordProbe {
 public:
  /// `timeout` holds for each call. Errors: kInvalidConfig, kUnavailable (no broker), kNotFound (no
  /// such topic).
  static Result<std::unique_ptr<KafkaRecordProbe>> open(const KafkaSourceConfig& config,
                                                        const std::string& topic,
                                                        std::chrono::milliseconds timeout);
  ~KafkaRecordProbe();

  /// Calls `look` with the record at exactly `offset`; returns false when there is none (deleted,
  /// compacted away, a transaction's marker). Errors: kUnavailable, kTimedOut.
  Result<bool> look_at(PartitionId partition, Offset offset,
                       const std::function<void(const Record&)>& look);

 private:
  class Impl;
  explicit KafkaRecordProbe(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace freshet
