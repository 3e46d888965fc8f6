#pragma once

#include <map>
#include <memory>
#include <set>
#include <vector>

#include "docs/examples/newest_lists.h"
#include "sinks/list_publisher.h"
#include "tests/simulator/world.h"

namespace freshet::sim {

/// The output topics as a consumer sees them: of each user the list that holds by the rule, and the
/// dead letters. Confined to one thread.
class SimulatedOutput {
 public:
  /// Of one incarnation of the events topic, in one partition.
  struct Partition {
    NewestLists consumer;                     ///< The one that the documentation ships.
    std::map<UserId, Position> newest_lists;  ///< That it holds.
    std::map<UserId, Offset> newest_offsets;  ///< Of all lists and removals that came.
    std::set<UserId> removed;                 ///< Whose list was removed once.
    std::map<Offset, BadRecordReason> dead_letters;
  };

  void append(int incarnation, const UserId& user, const Position& position);
  void remove(int incarnation, const UserId& user, const Position& position);
  void append(int incarnation, const DeadLetter& letter);
  const Partition& partition(int incarnation, PartitionId partition) const;

 private:
  std::map<std::pair<int, PartitionId>, Partition> partitions_;
};

/// One process's producer and the network behind it: what is queued is appended after a while, or
/// never, and answered after a while, as delivered or given up, in any order. Confined to one
/// thread.
class SimulatedPublisher final : public ListPublisher {
 public:
  /// Answers come no later than `delivery_timeout` after the call. All outlive the publisher, which
  /// stands for the broker's side too: an append may come after the process is gone.
  SimulatedPublisher(World& world, SimulatedOutput& output, WorldTime delivery_timeout,
                     DeliveryHandlers handlers)
      : world_(world),
        output_(output),
        timeout_(delivery_timeout),
        handlers_(std::move(handlers)) {}

  /// The incarnation of the events topic that the next records stem from.
  /// Called before each record is taken.
  void watch(std::function<void(const Position&)> on_list) { on_list_ = std::move(on_list); }
  void stems_from(PartitionId partition, int incarnation) {
    incarnations_[partition] = incarnation;
  }

  Status publish(const RankedList& list) override;
  Status publish(const DeadLetter& letter) override;
  Status flush(std::chrono::milliseconds) override { return {}; }

  std::size_t in_flight() const { return *in_flight_; }

 private:
  /// Decides what becomes of a record: `append` puts it into its topic, `answer` tells the process.
  void send(std::function<void()> append, std::function<void(bool delivered)> answer);
  void answer_later(WorldTime delay, bool delivered, std::function<void(bool)> answer);

  World& world_;
  SimulatedOutput& output_;
  const WorldTime timeout_;
  const DeliveryHandlers handlers_;
  std::function<void(const Position&)> on_list_;
  std::map<PartitionId, int> incarnations_;
  // Expires with the process: answers that come later find nobody.
  std::shared_ptr<std::size_t> in_flight_ = std::make_shared<std::size_t>(0);
};

}  // namespace freshet::sim
