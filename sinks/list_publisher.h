#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "config/ids.h"
#include "config/result.h"
#include "ingest/dead_letter.h"
#include "scoring/ranked_list.h"

namespace freshet {

/// The output topic has (or has given up) the list of `user` that reflects `position`, or the
/// removal of all up to it.
struct ListDelivery {
  UserId user;
  Position position;
  bool delivered = false;  ///< False: not acknowledged in time; the outbox sends a newer one.
  ListTimes times;         ///< The list's, for event→list.
  bool forgets = false;    ///< It is a removal.
};

/// The dead-letter topic has (or has given up) the dead letter of this record.
struct DeadLetterDelivery {
  PartitionId partition;
  Offset offset;
  bool delivered = false;
  std::string topic = {};  ///< Of the record; empty = the events topic.
};

/// Called from the publisher's own thread; must not block.
struct DeliveryHandlers {
  std::function<void(const ListDelivery&)> on_list;
  std::function<void(const DeadLetterDelivery&)> on_dead_letter;
};

/// Writes lists and dead letters out. Port: Kafka, files, test fakes. Thread-safe.
class ListPublisher {
 public:
  virtual ~ListPublisher() = default;

  /// Queues a list, or the removal of one, under its user's key; the handler is called later, once.
  /// Lists of one user keep their order. Waits while too many are in flight. Errors: kUnavailable
  /// when it cannot be queued at all.
  virtual Status publish(const RankedList& list) = 0;

  /// Queues a dead letter: original bytes, reason and position in headers.
  virtual Status publish(const DeadLetter& letter) = 0;

  /// Waits until everything queued has been answered. Errors: kTimedOut.
  virtual Status flush(std::chrono::milliseconds wait) = 0;
};

}  // namespace freshet
