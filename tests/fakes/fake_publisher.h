#pragma once

#include <mutex>
#include <vector>

#include "sinks/list_publisher.h"

namespace freshet {

/// Keeps what is published. Levers: acknowledge everything at once (default), or hold, then
/// acknowledge or give up what is held. Thread-safe.
class FakePublisher final : public ListPublisher {
 public:
  explicit FakePublisher(DeliveryHandlers handlers) : handlers_(std::move(handlers)) {}

  Status publish(const RankedList& list) override {
    std::unique_lock lock(mutex_);
    if (list.forgets) {
      removals_.emplace_back(list.user, list.position);
    } else {
      lists_.push_back(list);
    }
    if (holding_) {
      held_.push_back({list.user, list.position, false, list.times, list.forgets});
      return {};
    }
    lock.unlock();
    handlers_.on_list({list.user, list.position, true, list.times, list.forgets});
    return {};
  }

  Status publish(const DeadLetter& letter) override {
    std::unique_lock lock(mutex_);
    dead_letters_.push_back(letter);
    const bool delivered = !holding_;
    lock.unlock();
    if (delivered) handlers_.on_dead_letter({letter.partition, letter.offset, true});
    return {};
  }

  Status flush(std::chrono::milliseconds) override { return {}; }

  void hold() {
    std::lock_guard lock(mutex_);
    holding_ = true;
  }

  /// Answers what is held, as delivered or as given up, and stops holding.
  void answer_held(bool delivered) {
    std::vector<ListDelivery> held;
    {
      std::lock_guard lock(mutex_);
      held.swap(held_);
      holding_ = false;
    }
    for (ListDelivery& delivery : held) {
      delivery.delivered = delivered;
      handlers_.on_list(delivery);
    }
  }

  std::vector<RankedList> lists() const {
    std::lock_guard lock(mutex_);
    return lists_;
  }
  std::vector<std::pair<UserId, Position>> removals() const {
    std::lock_guard lock(mutex_);
    return removals_;
  }
  std::vector<DeadLetter> dead_letters() const {
    std::lock_guard lock(mutex_);
    return dead_letters_;
  }

 private:
  const DeliveryHandlers handlers_;
  mutable std::mutex mutex_;
  bool holding_ = false;
  std::vector<RankedList> lists_;
  std::vector<ListDelivery> held_;
  std::vector<std::pair<UserId, Position>> removals_;
  std::vector<DeadLetter> dead_letters_;
};

}  // namespace freshet
