#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "config/bounded_queue.h"
#include "config/sinks_config.h"
#include "scoring/ranked_list.h"
#include "sinks/kafka_producer.h"

namespace freshet {

/// One ownership of one partition: the transactional producer of its lists and the thread that
/// commits them. Thread-safe.
class KafkaTransactionLane {
 public:
  using OnAnswer = std::function<void(const RankedList&, bool delivered)>;

  /// `on_answer` is called once for each list, on the lane's thread; `config` and `clock` outlive
  /// the lane.
  KafkaTransactionLane(const KafkaSinkConfig& config, std::string transactional_id, Epoch epoch,
                       OnAnswer on_answer, const Clock& clock);
  /// Answers what is not committed as not delivered.
  ~KafkaTransactionLane();

  Epoch epoch() const { return epoch_; }

  /// Waits while the queue is full. Errors: why the producer failed for good.
  Status push(const RankedList& list);

 private:
  void run(std::stop_token stop);
  Status open(std::stop_token stop);
  /// All of them or, on error, none.
  Status write(const std::vector<RankedList>& lists);
  void end_failed_transaction(const Error& why, std::stop_token stop);
  void answer(const std::vector<RankedList>& lists, bool delivered);
  std::optional<Error> failure() const;
  void fail(Error why);

  const KafkaSinkConfig& config_;
  const std::string transactional_id_;
  const Epoch epoch_;
  const OnAnswer on_answer_;
  const Clock& clock_;
  BoundedQueue<RankedList> queue_;
  std::unique_ptr<KafkaProducer> producer_;  // The lane's thread alone.
  mutable std::mutex mutex_;
  std::optional<Error> failure_;  // guarded by mutex_
  std::jthread thread_;           // Last.
};

}  // namespace freshet
