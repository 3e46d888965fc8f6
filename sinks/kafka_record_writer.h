#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "config/result.h"
#include "config/time.h"

namespace freshet {

class KafkaProducer;

/// Writes keyed records to one topic as fast as it takes them: for replays and generated streams.
///
/// Records with the same key keep their order. Thread-safe.
class KafkaRecordWriter {
 public:
  struct Options {
    std::string brokers = "127.0.0.1:9092";
    std::string topic = "freshet.events";
    std::map<std::string, std::string> properties;  ///< Handed to librdkafka; ours win.
    std::size_t in_flight_max = 100'000;            ///< Records; `write` waits beyond.
    std::chrono::milliseconds linger{5};
    std::chrono::milliseconds delivery_timeout{60'000};
    std::chrono::milliseconds connect_wait{10'000};
  };

  /// Opens after the brokers have said that the topic exists.
  /// Errors: kInvalidConfig, kUnavailable, kNotFound; the text says the remedy.
  static Result<std::unique_ptr<KafkaRecordWriter>> open(const Options& options);

  /// Gives up what is still in flight; flush first.
  ~KafkaRecordWriter();

  /// Queues a record: an empty key goes to any partition, an empty optional is a tombstone, no
  /// timestamp means now. Errors: kUnavailable.
  Status write(std::string_view key, std::optional<std::string_view> value,
               std::optional<EventTime> timestamp = std::nullopt);

  /// Waits until every record is answered. Errors: kTimedOut.
  Status flush(std::chrono::milliseconds wait);

  /// Records that are on their way.
  std::size_t in_flight() const;

  /// Records the brokers have acknowledged, and records given up.
  std::uint64_t delivered_total() const;
  std::uint64_t failed_total() const;

 private:
  KafkaRecordWriter(std::string topic, std::unique_ptr<KafkaProducer> producer);

  const std::string topic_;
  const std::unique_ptr<KafkaProducer> producer_;
};

}  // namespace freshet
