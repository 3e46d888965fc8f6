#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "config/ingest_config.h"
#include "config/result.h"
#include "ingest/record.h"

namespace freshet {

/// All partitions of a topic from their beginning, without a group: how a compacted topic such as
/// the items is read, by every process for itself. Confined to one thread.
class KafkaTopicReader {
 public:
  /// Errors: kUnavailable (no broker within `timeout`), kNotFound (no such topic), kInvalidConfig.
  static Result<std::unique_ptr<KafkaTopicReader>> open(
      const KafkaSourceConfig& config, const std::string& topic,
      std::chrono::milliseconds timeout = std::chrono::seconds{10});
  ~KafkaTopicReader();

  /// Waits up to `wait` for a first record, then returns what is there, at most `max`, of any
  /// partition. The records are valid until the next call. Errors: kUnavailable, kCorrupt.
  Result<std::span<const Record>> poll(std::size_t max, std::chrono::milliseconds wait);

  /// True once every partition has been read to where it ended at some time since open().
  bool reached_end() const;

 private:
  class Impl;
  explicit KafkaTopicReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace freshet
