#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "sinks/record_producer.h"
#include "tests/simulator/simulated_log.h"
#include "tests/simulator/world.h"

namespace freshet::sim {

/// The brokers of the events topic, as Kafka 3.9 treats the batches of idempotent producers: it
/// knows the last five of each producer and partition, takes the one that follows, and of a
/// producer that it does not know any one. Confined to one thread.
class SimulatedBrokers {
 public:
  using ProducerId = int;
  enum class Verdict { kAppended, kRepeated, kOutOfOrder };

  explicit SimulatedBrokers(std::deque<SimulatedLog>& logs) : logs_(logs) {}

  ProducerId new_producer() { return next_producer_++; }
  /// Takes a batch whose first record has the number `first` among all of its producer there.
  Verdict append(PartitionId partition, ProducerId producer, int first,
                 const std::vector<LogRecord>& records);
  /// Forgets the producers of all partitions, as of those that were idle for long.
  void forget_producers() { batches_.clear(); }

  /// Where users of this name have their home; any other key goes by its hash.
  PartitionId partition_of(std::string_view key) const;

 private:
  struct Batch {
    int first = 0;
    int next = 0;
  };

  std::deque<SimulatedLog>& logs_;
  ProducerId next_producer_ = 0;
  std::map<std::pair<PartitionId, ProducerId>, std::deque<Batch>> batches_;  // The newest ones.
};

/// One process's idempotent producer without gaps, as librdkafka is, and the network behind it: a
/// batch is lost, late, not answered, refused for the moment or for good, and sent again until it
/// is answered. Confined to one thread.
class SimulatedProducer final : public RecordProducer {
 public:
  /// Both outlive the producer; the brokers outlive it for long: a batch may come after it is
  /// gone. `wait` lets the others work for so long.
  SimulatedProducer(World& world, SimulatedBrokers& brokers, std::function<void(WorldTime)> wait)
      : client_(std::make_shared<Client>(world, brokers)), wait_(std::move(wait)) {}

  Status send(const OutgoingRecord& record, OnAnswer on_answer) override;
  Status flush(std::chrono::milliseconds wait) override;
  std::size_t in_flight() const override;

 private:
  enum class Answer { kDelivered, kOutOfOrder, kAgain, kRefused };
  struct Message {
    LogRecord record;
    OnAnswer on_answer;
  };
  struct Batch {
    int first = 0;
    std::vector<Message> messages;
    bool on_its_way = false;
    int attempt = 0;  // An answer to an earlier one comes over a connection that is closed.
  };
  struct Lane {
    std::deque<Message> queue;
    std::deque<std::shared_ptr<Batch>> batches;  // Not yet acknowledged, in their order.
    int next_number = 0;
    WorldTime arrival{0};  // Of the newest batch: one connection keeps the order.
  };
  /// What the answers find as long as the process lives.
  struct Client : std::enable_shared_from_this<Client> {
    Client(World& w, SimulatedBrokers& b) : world(w), brokers(b), id(b.new_producer()) {}

    void transmit(PartitionId partition);
    std::shared_ptr<Batch> next_batch(Lane& lane);
    /// Decides what becomes of a batch and of its answer.
    void deliver(PartitionId partition, const std::shared_ptr<Batch>& batch);
    /// Has it come to the broker after `arrival`, and the answer after `way_back`; empty = never.
    void post(PartitionId partition, const std::shared_ptr<Batch>& batch, WorldTime arrival,
              std::optional<WorldTime> way_back);
    void answer_later(PartitionId partition, const std::shared_ptr<Batch>& batch, WorldTime delay,
                      Answer what);
    std::function<void(Answer)> answers_to(PartitionId partition,
                                           const std::shared_ptr<Batch>& batch);
    void read(PartitionId partition, const std::shared_ptr<Batch>& batch, Answer answer);
    void settle(Lane& lane, const std::shared_ptr<Batch>& batch, const KafkaAnswer& answer);
    void number_anew();
    void fail();

    World& world;
    SimulatedBrokers& brokers;
    SimulatedBrokers::ProducerId id;
    std::map<PartitionId, Lane> lanes;
    std::size_t in_flight = 0;
    bool failed = false;
  };

  const std::shared_ptr<Client> client_;
  const std::function<void(WorldTime)> wait_;
};

}  // namespace freshet::sim
