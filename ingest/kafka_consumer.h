#pragma once

#include <chrono>
#include <memory>

#include "config/ids.h"
#include "config/ingest_config.h"
#include "config/result.h"
#include "config/time.h"
#include "ingest/record_source.h"

namespace freshet {

/// Who holds the state of the partitions that this process is given. Called on the thread that runs
/// KafkaConsumer::run_once() or close().
class PartitionOwner {
 public:
  virtual ~PartitionOwner() = default;

  /// Told how many partitions the topic has: before the first assignment, and again when the count
  /// was raised. An error ends the consumer.
  virtual Status counted(std::size_t partition_count) = 0;

  /// Takes over a partition: loads its state, keeps `source`, returns the offset to start from,
  /// which is its own database's next offset (`broker.low` for a fresh one). Records come only
  /// after the return. On an error the source is gone when it returns and the partition is not
  /// read.
  virtual Result<Offset> assigned(PartitionId partition, Watermarks broker,
                                  std::unique_ptr<RecordSource> source) = 0;

  /// Gives a partition up, be it in good order or lost: its task has stopped and its source is
  /// destroyed when it returns. Only then can another process be given the partition.
  virtual void revoked(PartitionId partition) = 0;

  /// The group answered, as to its member, a request that was sent at `asked`: what was owned then
  /// cannot be given away before `asked` plus the session timeout.
  virtual void confirmed(BootTime asked) = 0;
};

/// A member of the consumer group: learns which partitions are ours and tells their owner. Records
/// do not pass through here; each partition has its own source. Confined to one thread but for
/// commit().
class KafkaConsumer {
 public:
  /// Joins the group; partitions come with run_once(). `owner` must outlive the consumer. Errors:
  /// kUnavailable (no broker within `timeout`), kNotFound (no events topic), kInvalidConfig.
  static Result<std::unique_ptr<KafkaConsumer>> open(
      const KafkaSourceConfig& config, PartitionOwner& owner,
      std::chrono::milliseconds timeout = std::chrono::seconds{10});

  /// Closes.
  ~KafkaConsumer();

  /// Serves the group for up to `wait`: assignments and revocations happen in here. Errors: what
  /// the owner answered to an assignment; kFenced when another process took our static membership;
  /// kUnavailable and others when the group is lost for good.
  Status run_once(std::chrono::milliseconds wait);

  /// Notes the group's offset for lag tools; written about once a second by run_once(), never
  /// during a rebalance, and never read. What the group accepts is a proof of membership, see
  /// PartitionOwner::confirmed. Thread-safe.
  void commit(PartitionId partition, Offset next);

  /// Gives all partitions up and leaves the group (a static member stays known to it).
  void close();

 private:
  class Impl;
  explicit KafkaConsumer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace freshet
