#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "config/result.h"
#include "config/sinks_config.h"
#include "config/time.h"
#include "sinks/list_publisher.h"

namespace freshet {

class KafkaProducer;

/// Writes lists and dead letters to their Kafka topics by an idempotent producer. Thread-safe.
///
/// A list: key = user, value = encode_list, headers partition, offset, epoch, model_version,
/// revision. A removal: no value.
/// A dead letter: key and value = the original ones, headers reason, text, topic, partition,
/// offset, and `cut` = "true" where bytes are missing at the end of key or value.
class KafkaPublisher final : public ListPublisher {
 public:
  /// Connects in the background; see check(). `clock` must outlive the publisher.
  /// Errors: kInvalidConfig.
  static Result<std::unique_ptr<KafkaPublisher>> create(const SinksConfig& config,
                                                        DeliveryHandlers handlers,
                                                        const Clock& clock);

  /// Gives up what is still in flight: each handler is called as not delivered.
  ~KafkaPublisher() override;

  /// Asks the brokers for both topics. Errors: kUnavailable, kNotFound; the text says the remedy.
  Status check(std::chrono::milliseconds wait);

  /// Errors: kUnavailable, also once the producer has failed for good.
  Status publish(const RankedList& list) override;
  Status publish(const DeadLetter& letter) override;
  Status flush(std::chrono::milliseconds wait) override;

  /// Lists and dead letters queued and not yet answered.
  std::size_t in_flight() const;

 private:
  KafkaPublisher(const SinksConfig& config, DeliveryHandlers handlers, const Clock& clock);
  void cut_smaller(std::size_t refused_bytes);

  const std::string lists_topic_;
  const std::string dead_letters_topic_;
  const DeliveryHandlers handlers_;
  const Clock& clock_;
  // Falls when a broker refuses a dead letter for its size: the outbox's next try passes.
  std::atomic<std::size_t> dead_letter_bytes_max_;
  std::unique_ptr<KafkaProducer> producer_;  // last: its thread calls the handlers
};

}  // namespace freshet
