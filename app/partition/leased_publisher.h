#pragma once

#include "app/partition/lease.h"
#include "sinks/list_publisher.h"

namespace freshet {

/// Lets lists and dead letters pass while the lease holds; else it answers them as given up, so
/// that the outbox keeps them. The last gate before the producer: what was ranked before a long
/// pause does not go out after it. Thread-safe.
class LeasedPublisher final : public ListPublisher {
 public:
  /// `publisher` and `lease` outlive this; `handlers` are those of `publisher`.
  LeasedPublisher(ListPublisher& publisher, const Lease& lease, DeliveryHandlers handlers)
      : publisher_(publisher), lease_(lease), handlers_(std::move(handlers)) {}

  Status publish(const RankedList& list) override;
  Status publish(const DeadLetter& letter) override;
  Status flush(std::chrono::milliseconds wait) override { return publisher_.flush(wait); }

 private:
  ListPublisher& publisher_;
  const Lease& lease_;
  const DeliveryHandlers handlers_;
};

}  // namespace freshet
