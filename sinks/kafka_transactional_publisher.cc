#include "sinks/kafka_transactional_publisher.h"

#include "sinks/kafka_transaction_lane.h"

namespace freshet {

KafkaTransactionalPublisher::KafkaTransactionalPublisher(const SinksConfig& config,
                                                         std::string id_prefix,
                                                         ListPublisher& letters,
                                                         DeliveryHandlers handlers,
                                                         const Clock& clock)
    : config_(config),
      id_prefix_(std::move(id_prefix)),
      letters_(letters),
      handlers_(std::move(handlers)),
      clock_(clock) {}

KafkaTransactionalPublisher::~KafkaTransactionalPublisher() = default;

Status KafkaTransactionalPublisher::publish(const RankedList& list) {
  std::unique_lock lock(mutex_);
  auto& lane = lanes_[list.position.partition];
  if (lane && list.position.epoch < lane->epoch()) {
    lock.unlock();
    handlers_.on_list({list.user, list.position, false, list.times, list.forgets});
    return {};
  }
  if (!lane || lane->epoch() < list.position.epoch) {
    lane.reset();  // First its end: two producers of one id would shut each other out.
    lane = std::make_unique<KafkaTransactionLane>(
        config_.kafka, id_prefix_ + "." + std::to_string(list.position.partition.value),
        list.position.epoch,
        [this](const RankedList& answered, bool delivered) { answer(answered, delivered); },
        clock_);
  }
  in_flight_.fetch_add(1, std::memory_order_relaxed);
  Status pushed = lane->push(list);
  if (!pushed) in_flight_.fetch_sub(1, std::memory_order_relaxed);
  return pushed;
}

void KafkaTransactionalPublisher::answer(const RankedList& list, bool delivered) {
  handlers_.on_list({list.user, list.position, delivered, list.times, list.forgets});
  // Only the last one wakes, and under the lock, so that a flush cannot miss it.
  if (in_flight_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  { std::lock_guard lock(answered_mutex_); }
  all_answered_.notify_all();
}

Status KafkaTransactionalPublisher::flush(std::chrono::milliseconds wait) {
  std::unique_lock lock(answered_mutex_);
  if (!all_answered_.wait_for(lock, wait, [&] { return in_flight() == 0; })) {
    return error(ErrorCode::kTimedOut, std::to_string(in_flight()) +
                                           " lists are in transactions not yet committed after " +
                                           std::to_string(wait.count()) + " ms");
  }
  lock.unlock();
  return letters_.flush(wait);
}

}  // namespace freshet
