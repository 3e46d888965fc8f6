#pragma once

#include <map>
#include <memory>
#include <shared_mutex>
#include <string>

#include "config/bounded_queue.h"
#include "config/config.h"
#include "scoring/refresh/refresh_book.h"
#include "sinks/list_publisher.h"

namespace freshet {

/// What the publisher's threads and scoring have told one partition task and it has not yet read.
struct DeliveryInbox {
  /// Lists to be made again that may wait at one task.
  static constexpr std::size_t kRefreshesMax = 16;
  /// Of them so many go on at once while somebody who did something waits, too.
  static constexpr std::size_t kRefreshesUnderLoad = 4;

  explicit DeliveryInbox(std::size_t answers_max) : lists(answers_max), dead_letters(answers_max) {}
  BoundedQueue<ListDelivery> lists;
  BoundedQueue<DeadLetterDelivery> dead_letters;
  BoundedQueue<RefreshWish> refreshes{kRefreshesMax};
};

/// Brings acknowledgements, and wishes to make lists again, to the task that owns the partition.
/// What comes for a partition that was handed over is dropped: its next owner sends again.
/// Thread-safe.
class DeliveryRouter {
 public:
  /// `config`: its bounds say how many answers may wait for one task.
  explicit DeliveryRouter(const Config& config);

  /// Opens the inbox of a partition; replaces an older one.
  std::shared_ptr<DeliveryInbox> open(PartitionId partition);
  void close(PartitionId partition);

  void deliver(const ListDelivery& delivery);
  void deliver(const DeadLetterDelivery& delivery);

  enum class Asked : std::uint8_t { kYes, kFull, kNotOurs };
  /// Asks the task of the wish's partition to have a list made again.
  Asked ask(const RefreshWish& wish);

 private:
  std::shared_ptr<DeliveryInbox> inbox_of(PartitionId partition) const;

  const std::size_t answers_max_;
  const std::string events_topic_;
  mutable std::shared_mutex mutex_;
  std::map<PartitionId, std::shared_ptr<DeliveryInbox>> inboxes_;
};

}  // namespace freshet
