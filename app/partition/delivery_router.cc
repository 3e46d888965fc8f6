#include "app/partition/delivery_router.h"

#include <mutex>

namespace freshet {

// A task has at most `in_flight_max` lists on their way. To these come, after a hand-over and back,
// those of its predecessor: in the producer, in scoring and in scoring's queue.
DeliveryRouter::DeliveryRouter(const Config& config)
    : answers_max_(2 * config.sinks.kafka.in_flight_max + config.scoring.queue_max +
                   config.scoring.batch_size_max),
      events_topic_(config.ingest.kafka.events_topic) {}

std::shared_ptr<DeliveryInbox> DeliveryRouter::open(PartitionId partition) {
  auto inbox = std::make_shared<DeliveryInbox>(answers_max_);
  std::unique_lock lock(mutex_);
  inboxes_[partition] = inbox;
  return inbox;
}

void DeliveryRouter::close(PartitionId partition) {
  std::unique_lock lock(mutex_);
  inboxes_.erase(partition);
}

void DeliveryRouter::deliver(const ListDelivery& delivery) {
  if (const auto inbox = inbox_of(delivery.position.partition)) {
    ListDelivery copy = delivery;
    inbox->lists.try_push(copy);
  }
}

void DeliveryRouter::deliver(const DeadLetterDelivery& delivery) {
  // Feeds of other topics send theirs once and wait for no answer; their offsets mean nothing here.
  if (!delivery.topic.empty() && delivery.topic != events_topic_) return;
  if (const auto inbox = inbox_of(delivery.partition)) {
    DeadLetterDelivery copy = delivery;
    inbox->dead_letters.try_push(copy);
  }
}

DeliveryRouter::Asked DeliveryRouter::ask(const RefreshWish& wish) {
  const auto inbox = inbox_of(wish.position.partition);
  if (!inbox) return Asked::kNotOurs;
  RefreshWish copy = wish;
  return inbox->refreshes.try_push(copy) ? Asked::kYes : Asked::kFull;
}

std::shared_ptr<DeliveryInbox> DeliveryRouter::inbox_of(PartitionId partition) const {
  std::shared_lock lock(mutex_);
  const auto it = inboxes_.find(partition);
  return it == inboxes_.end() ? nullptr : it->second;
}

}  // namespace freshet
