#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>

#include "config/ids.h"
#include "config/result.h"
#include "config/time.h"

struct rd_kafka_s;

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

/// An idempotent librdkafka producer and the thread that collects its answers. Thread-safe.
class KafkaProducer {
 public:
  using OnAnswer = std::function<void(const KafkaAnswer&)>;

  struct Options {
    std::string brokers;
    std::chrono::milliseconds delivery_timeout{8000};
    std::chrono::milliseconds linger{0};
    std::size_t in_flight_max = 10'000;             ///< Records; `send` waits beyond.
    std::map<std::string, std::string> properties;  ///< librdkafka's; the ones above win.
    /// Not empty: every record belongs to a transaction, and the newest producer that opened with
    /// this id shuts the earlier ones out.
    std::string transactional_id;
  };

  /// Connects in the background. Errors: kInvalidConfig with every property librdkafka refuses.
  static Result<std::unique_ptr<KafkaProducer>> create(const Options& options);

  /// Gives up what is still in flight: each is answered as not delivered.
  ~KafkaProducer();
  KafkaProducer(const KafkaProducer&) = delete;
  KafkaProducer& operator=(const KafkaProducer&) = delete;

  /// Queues a record; waits while too many are in flight. `on_answer` (may be empty) is called
  /// once, on the producer's thread, and must not block or send. It is not called when an error
  /// returns. Errors: kUnavailable (also once the producer has failed for good), kInternal.
  Status send(const OutgoingRecord& record, OnAnswer on_answer);

  /// Waits until every record is answered. Errors: kTimedOut.
  Status flush(std::chrono::milliseconds wait);

  /// Asks the brokers for `topic`. Errors: kUnavailable (no broker answers), kNotFound.
  Status check_topic(const std::string& topic, std::chrono::milliseconds wait);

  /// Shuts out earlier producers of the same transactional id and ends their open transaction;
  /// once, before the first transaction. Errors of these four: kFenced (a newer producer has the
  /// id: this one is done for), kUnavailable (failed for good), kTimedOut (may be tried again).
  Status init_transactions(std::chrono::milliseconds wait);
  Status begin_transaction();
  /// Waits until all records sent since are in the log and visible to readers of what is
  /// committed. After an error, abort.
  Status commit_transaction();
  /// What was sent since is never visible to readers of what is committed.
  Status abort_transaction();

  /// Records queued and not yet answered.
  std::size_t in_flight() const { return in_flight_.load(std::memory_order_relaxed); }

  /// Records the brokers took, and those given up, since the start.
  std::uint64_t delivered_total() const { return delivered_.load(std::memory_order_relaxed); }
  std::uint64_t failed_total() const { return failed_.load(std::memory_order_relaxed); }

 private:
  struct Callbacks;  // librdkafka's, which need its types

  explicit KafkaProducer(std::string brokers);
  void poll_until(std::stop_token stop);
  void answer(const KafkaAnswer& answer, OnAnswer* on_answer);
  void remember(std::string error_text);
  std::string last_error() const;
  std::string fatal_error() const;

  const std::string brokers_;
  rd_kafka_s* handle_ = nullptr;
  std::atomic<std::size_t> in_flight_{0};
  std::atomic<std::uint64_t> delivered_{0};
  std::atomic<std::uint64_t> failed_{0};
  mutable std::mutex mutex_;
  std::condition_variable all_answered_;
  std::string last_error_;  // guarded by mutex_
  std::jthread poll_thread_;
};

}  // namespace freshet
