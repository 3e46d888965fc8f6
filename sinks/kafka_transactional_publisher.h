#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "config/ids.h"
#include "config/sinks_config.h"
#include "sinks/list_publisher.h"

namespace freshet {

class KafkaTransactionLane;

/// Writes each partition's lists by a transactional producer of its own, so that the brokers
/// themselves shut a former owner out: readers of what is committed (`isolation.level`
/// read_committed) never see a list of an owner whose successor has published. Dead letters go
/// out by `letters`. Thread-safe; one thread per partition within.
///
/// A list is answered when its transaction has ended. While one is committed the next lists
/// gather: the busier, the larger the transactions.
class KafkaTransactionalPublisher final : public ListPublisher {
 public:
  /// `id_prefix` + "." + partition is the transactional id: the same in all instances of a group.
  /// `letters` and `clock` outlive the publisher; `handlers` are those of `letters`.
  KafkaTransactionalPublisher(const SinksConfig& config, std::string id_prefix,
                              ListPublisher& letters, DeliveryHandlers handlers,
                              const Clock& clock);
  /// Answers what is not committed as not delivered.
  ~KafkaTransactionalPublisher() override;

  /// The first list of a larger epoch opens the partition's producer anew, and so shuts former
  /// owners out; one of a smaller epoch is answered as not delivered. Errors: kFenced (a newer
  /// owner published), kUnavailable (the producer failed for good); the text says the remedy.
  Status publish(const RankedList& list) override;
  Status publish(const DeadLetter& letter) override { return letters_.publish(letter); }
  Status flush(std::chrono::milliseconds wait) override;

  /// Lists queued and not yet answered.
  std::size_t in_flight() const { return in_flight_.load(std::memory_order_relaxed); }

 private:
  void answer(const RankedList& list, bool delivered);

  const SinksConfig& config_;
  const std::string id_prefix_;
  ListPublisher& letters_;
  const DeliveryHandlers handlers_;
  const Clock& clock_;
  std::atomic<std::size_t> in_flight_{0};
  std::mutex answered_mutex_;
  std::condition_variable all_answered_;
  std::mutex mutex_;
  std::map<PartitionId, std::unique_ptr<KafkaTransactionLane>> lanes_;  // guarded by mutex_
};

}  // namespace freshet
