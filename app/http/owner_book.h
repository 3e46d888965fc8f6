#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <tl/expected.hpp>

#include "config/config.h"
#include "ingest/dead_letter.h"
#include "ingest/record.h"
#include "sinks/kafka_record_writer.h"

namespace freshet {

/// Which instance owns a partition, and where it is asked, as the owners themselves tell it in a
/// compacted topic. Key: the partition. Value: {"url": "http://...", "epoch": 7}. Thread-safe.
class OwnerBook {
 public:
  /// Takes a record of the owners topic; the largest epoch of a partition counts.
  tl::expected<void, BadRecord> take(const Record& record);

  /// The address of the partition's owner; empty = unknown.
  std::optional<std::string> url_of(PartitionId partition) const;

 private:
  struct Owner {
    std::string url;
    std::int64_t epoch = 0;
  };

  mutable std::mutex mutex_;
  std::map<PartitionId, Owner> owners_;  // guarded by mutex_
};

/// Tells the other instances which partitions are ours. Thread-safe.
class OwnerAnnouncer {
 public:
  /// Null where the configuration does not want it. Errors: those of KafkaRecordWriter::open.
  static Result<std::unique_ptr<OwnerAnnouncer>> open(const SinksConfig& config);

  /// The partition is ours from `epoch` on. In the background; what cannot be told is logged.
  void announce(PartitionId partition, Epoch epoch);

 private:
  OwnerAnnouncer(std::string url, std::unique_ptr<KafkaRecordWriter> writer)
      : url_(std::move(url)), writer_(std::move(writer)) {}

  const std::string url_;
  const std::unique_ptr<KafkaRecordWriter> writer_;
};

}  // namespace freshet
