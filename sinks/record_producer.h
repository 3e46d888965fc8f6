#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include "config/ids.h"
#include "config/result.h"
#include "config/time.h"

namespace freshet {

/// What became of a record that was queued.
struct KafkaAnswer {
  bool delivered = false;
  bool too_large = false;  ///< The broker refused its size; a smaller one may pass.
  PartitionId partition;   ///< Where it stands, if delivered.
  Offset offset;           ///< The same.
};

/// One record on its way out. The views need to live only as long as the call.
struct OutgoingRecord {
  struct Header {
    std::string_view name;
    std::string_view value;
  };
  std::string_view topic;
  std::string_view key;                   ///< Empty = no key: any partition.
  std::optional<std::string_view> value;  ///< Empty optional = tombstone.
  std::span<const Header> headers;
  std::optional<EventTime> timestamp;    ///< Empty = now.
  std::optional<PartitionId> partition;  ///< Empty = by key.
};

/// Writes records of any topic. Port: Kafka, the simulator.
class RecordProducer {
 public:
  using OnAnswer = std::function<void(const KafkaAnswer&)>;

  virtual ~RecordProducer() = default;

  /// Queues a record; waits while too many are in flight. `on_answer` (may be empty) is called
  /// once, on the producer's thread, and must not block or send. It is not called when an error
  /// returns. Errors: kUnavailable (also once the producer has failed for good), kInternal.
  virtual Status send(const OutgoingRecord& record, OnAnswer on_answer) = 0;

  /// Waits until every record is answered. Errors: kTimedOut.
  virtual Status flush(std::chrono::milliseconds wait) = 0;

  /// Records queued and not yet answered. What their answers did is seen by who sees fewer.
  virtual std::size_t in_flight() const = 0;
};

}  // namespace freshet
