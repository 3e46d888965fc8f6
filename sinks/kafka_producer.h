#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "config/ids.h"
#include "config/result.h"
#include "config/time.h"
#include "sinks/record_producer.h"
#include "sinks/send_gate.h"

struct rd_kafka_s;

namespace freshet {

/// An idempotent librdkafka producer and the thread that collects its answers. A partition's
/// records go in waves, each once the one before is answered (SendGate). Thread-safe.
class KafkaProducer final : public RecordProducer {
 public:
  struct Options {
    std::string brokers;
    std::chrono::milliseconds delivery_timeout{8000};
    std::chrono::milliseconds linger{0};            ///< What a first record waits for others.
    std::size_t in_flight_max = 10'000;             ///< Records; `send` waits beyond.
    std::map<std::string, std::string> properties;  ///< librdkafka's; the ones above win.
    /// Not empty: every record belongs to a transaction, and the newest producer that opened with
    /// this id shuts the earlier ones out.
    std::string transactional_id;
  };

  /// Connects in the background. Errors: kInvalidConfig with every property librdkafka refuses.
  static Result<std::unique_ptr<KafkaProducer>> create(const Options& options);

  /// Gives up what is still in flight: each is answered as not delivered.
  ~KafkaProducer() override;
  KafkaProducer(const KafkaProducer&) = delete;
  KafkaProducer& operator=(const KafkaProducer&) = delete;

  Status send(const OutgoingRecord& record, OnAnswer on_answer) override;
  Status flush(std::chrono::milliseconds wait) override;
  std::size_t in_flight() const override { return in_flight_.load(std::memory_order_acquire); }

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

  /// Records the brokers took, and those given up, since the start.
  std::uint64_t delivered_total() const { return delivered_.load(std::memory_order_relaxed); }
  std::uint64_t failed_total() const { return failed_.load(std::memory_order_relaxed); }

 private:
  struct Callbacks;  // librdkafka's, which need its types
  struct Ticket;     // What comes back with a record's answer.

  explicit KafkaProducer(const Options& options);
  void serve(std::stop_token stop);
  void serve_transactions(std::stop_token stop);
  void take_turns(std::stop_token stop, std::unique_lock<std::mutex>& lock);
  void hand_over(const HeldRecord& record);
  bool has_room() const;
  Status refused(const OutgoingRecord& record, int failure) const;
  void answer(const KafkaAnswer& answer, void* of_record);
  void remember(std::string error_text);
  std::string last_error() const;
  std::string fatal_error() const;

  const std::string brokers_;
  const std::size_t in_flight_max_;
  const std::chrono::milliseconds flush_wait_;  // What comes meanwhile is due no sooner.
  const SystemClock clock_;
  rd_kafka_s* handle_ = nullptr;
  std::atomic<std::size_t> in_flight_{0};
  std::atomic<std::uint64_t> delivered_{0};
  std::atomic<std::uint64_t> failed_{0};
  mutable std::mutex mutex_;
  std::condition_variable all_answered_;
  std::condition_variable room_;
  std::condition_variable_any work_;
  SendGate gate_;  // guarded by mutex_, as what follows
  bool closing_ = false;
  std::string last_error_;
  std::jthread thread_;
};

}  // namespace freshet
