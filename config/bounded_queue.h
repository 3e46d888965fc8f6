#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <iterator>
#include <mutex>
#include <span>
#include <stop_token>
#include <utility>
#include <vector>

namespace freshet {

/// A queue with a capacity: the only way a value crosses from one thread to another.
///
/// A full queue blocks its pusher, which is how a slow stage slows the reading. Thread-safe.
template <class T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

  /// Blocks while full. Returns false, dropping `item`, once `stop` is requested.
  bool push(T item, std::stop_token stop) {
    std::unique_lock lock(mutex_);
    if (!not_full_.wait(lock, stop, [&] { return items_.size() < capacity_; })) return false;
    items_.push_back(std::move(item));
    lock.unlock();
    not_empty_.notify_one();
    return true;
  }

  /// Moves all of `items` in, in their order, waiting for room as it must. Returns false, dropping
  /// what is left, once `stop` is requested.
  bool push_all(std::vector<T> items, std::stop_token stop) {
    for (auto next = items.begin(); next != items.end();) {
      std::unique_lock lock(mutex_);
      if (!not_full_.wait(lock, stop, [&] { return items_.size() < capacity_; })) return false;
      for (; next != items.end() && items_.size() < capacity_; ++next)
        items_.push_back(std::move(*next));
      lock.unlock();
      not_empty_.notify_one();
    }
    return true;
  }

  /// Moves `item` in and returns true, or leaves it untouched and returns false when full.
  bool try_push(T& item) {
    {
      std::lock_guard lock(mutex_);
      if (items_.size() >= capacity_) return false;
      items_.push_back(std::move(item));
    }
    not_empty_.notify_one();
    return true;
  }

  /// Moves in as many of `items` as there is room for, the first ones, and returns how many; those
  /// that are left are untouched. Whoever waits for an item wakes once all are in.
  std::size_t try_push_all(std::span<T> items) {
    std::size_t taken = 0;
    {
      std::lock_guard lock(mutex_);
      taken = std::min(items.size(), capacity_ - std::min(capacity_, items_.size()));
      std::move(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(taken),
                std::back_inserter(items_));
    }
    if (taken > 0) not_empty_.notify_one();
    return taken;
  }

  /// Waits up to `wait` for a first item, then takes what is there, at most `max`. Empty after the
  /// wait or on `stop`.
  std::vector<T> pop_batch(std::size_t max, std::chrono::microseconds wait, std::stop_token stop) {
    std::vector<T> batch;
    std::unique_lock lock(mutex_);
    if (wait.count() > 0) not_empty_.wait_for(lock, stop, wait, [&] { return !items_.empty(); });
    const std::size_t n = std::min(max, items_.size());
    batch.reserve(n);
    std::move(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(n),
              std::back_inserter(batch));
    items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(n));
    lock.unlock();
    if (n > 0) not_full_.notify_all();
    return batch;
  }

  /// Items waiting now; a figure for metrics.
  std::size_t size() const {
    std::lock_guard lock(mutex_);
    return items_.size();
  }

  std::size_t capacity() const { return capacity_; }

 private:
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable_any not_full_;
  std::condition_variable_any not_empty_;
  std::deque<T> items_;
};

}  // namespace freshet
