#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "config/ingest_config.h"
#include "config/result.h"
#include "ingest/log_mark.h"

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

  /// The mark of the record at exactly `offset`; empty when there is none (deleted, compacted away,
  /// a transaction's marker). Errors: kUnavailable, kTimedOut.
  Result<std::optional<LogMark>> mark_at(PartitionId partition, Offset offset);

 private:
  class Impl;
  explicit KafkaRecordProbe(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace freshet
