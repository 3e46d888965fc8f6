#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "ingest/kafka_client.h"

namespace freshet {

/// The messages of one poll and their views. Confined to one thread.
class KafkaBatch {
 public:
  /// Takes one message with `add`, waiting at most so long; false = there is none. An error ends
  /// the reading for good.
  using TakeOne = std::function<Result<bool>(std::chrono::milliseconds wait)>;

  /// Waits up to `wait` for a first message, then takes what is there, at most `max`. What was
  /// taken before an error is returned first, the error by every later call. One message at a
  /// time: librdkafka's batch call loses records during a rebalance, and this is fast enough.
  Result<std::span<const Record>> fill(std::size_t max, std::chrono::milliseconds wait,
                                       const TakeOne& take_one);

  void add(KafkaMessage message) { messages_.push_back(std::move(message)); }

  /// Gives the messages back: a consumer cannot be closed before.
  void clear();

 private:
  std::vector<KafkaMessage> messages_;
  std::vector<Record> records_;
  std::optional<Error> lost_;
};

}  // namespace freshet
