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

/// A topic shared out among the members of a consumer group, read from where the group has
/// committed to, from its beginning at first: at least once. Confined to one thread.
class KafkaGroupReader {
 public:
  /// Joins the group `config.group` + ".rekey". Errors: kUnavailable (no broker within `timeout`),
  /// kNotFound (no such topic), kInvalidConfig.
  static Result<std::unique_ptr<KafkaGroupReader>> open(
      const KafkaSourceConfig& config, const std::string& topic,
      std::chrono::milliseconds timeout = std::chrono::seconds{10});
  /// Leaves the group; commits nothing.
  ~KafkaGroupReader();

  /// Waits up to `wait` for a first record, then returns what is there, at most `max`, of any
  /// partition, each partition in its order. The records are valid until the next call. Errors:
  /// kUnavailable, kCorrupt.
  Result<std::span<const Record>> poll(std::size_t max, std::chrono::milliseconds wait);

  /// Tells the group that all that polls returned is done with. What could not be committed, since
  /// a partition went to another member, is read again there.
  void commit();

 private:
  class Impl;
  explicit KafkaGroupReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace freshet
