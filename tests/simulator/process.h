#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>

#include "app/partition/delivery_router.h"
#include "app/partition/leased_publisher.h"
#include "app/partition/partition_task.h"
#include "app/partition/user_book.h"
#include "tests/simulator/broker.h"
#include "tests/simulator/simulated_clock.h"
#include "tests/simulator/simulated_store.h"

namespace freshet::sim {

/// The databases on one machine's disk.
using Disk = std::map<PartitionId, SimulatedDatabase>;

/// What a process stands on; outlives it.
struct ProcessParts {
  World& world;
  const Config& config;
  Broker& broker;
  Disk& disk;
  /// Partitions for which a person set on_gap: reset_state, for one start each.
  std::set<PartitionId>& to_reset;
  SimulatedClock& clock;
  PipelineFigures& figures;
  /// May put the process to sleep in the middle of a step, while all others go on.
  std::function<void()> may_sleep;
  /// Has the process wait in the middle of a step, while all others go on.
  std::function<void(WorldTime)> wait;
};

/// One run of the program: the real partition tasks, outboxes and delivery router around simulated
/// ports, with the threads' work cut into steps. Scoring is played: a list says which state it was
/// made of. Confined to one thread.
class Process {
 public:
  explicit Process(ProcessParts parts);

  /// Does a piece of work of one of its threads. Errors: the process ends and says why, in order.
  Status step();

  /// One round of all of its threads.
  Status round();

  /// Its orderly end, as far as others see it: the rekeying commits what is acknowledged.
  void stop();

  /// The process dies: nothing of it may reach its disk any more.
  void die();

  MemberId member() const { return member_; }
  /// The partition whose state does not fit its log; a person has to reset it.
  std::optional<PartitionId> misfit() const { return misfit_; }
  /// Whether all that was read is published; for the end of a schedule.
  bool is_done() const;
  std::set<PartitionId> held() const;

 private:
  struct Task {
    Epoch epoch;
    SimulatedDatabase& database;
    std::unique_ptr<SimulatedSource> source;
    std::unique_ptr<PartitionTask> task;
  };

  Status take(PartitionId partition);
  /// Leaves the state to start from in the disk's place.
  Status place(PartitionId partition);
  LogView view_of(PartitionId partition) const;
  Status open(PartitionId partition);
  void take_snapshot(PartitionId partition);
  void check(PartitionId partition) const;
  const Lineage& lineage_of(const Position& position) const;
  void let_go(PartitionId partition);
  Status run_task(PartitionId partition);
  void serve(std::size_t lists_max);
  void note_made(RankedList& list);
  /// Asks for a list that was published to be made again, as scoring does.
  void ask_for_refresh();
  /// Reads on in the users topic and tells the tasks.
  void read_users(std::size_t updates_max);
  bool has_forgotten(PartitionId partition) const;
  void call_group();
  std::set<PartitionId> claimed() const;
  Status obey_group();
  void others_run();
  Status rekey();
  DeliveryHandlers handlers();
  void check_set_aside(PartitionId partition, const Lineage& before) const;

  const ProcessParts parts_;
  MemberId member_;
  LearningQueue learning_;
  RankQueue ranking_;
  DeliveryRouter router_;
  SimulatedPublisher publisher_;
  Lease lease_;
  LeasedPublisher leased_publisher_;
  bool alive_ = true;
  std::unique_ptr<Rekeyer> rekeyer_;  // Null where nothing is rekeyed, or once it has failed.
  UserBook users_;
  std::size_t users_read_ = 0;
  std::map<UserId, Position> made_;  // Of the newest list of each user.
  std::map<PartitionId, Task> tasks_;
  std::map<std::pair<PartitionId, Epoch>, Lineage> past_;  // Of what was given up: requests stay.
  std::optional<PartitionId> misfit_;
  SimulatedDatabase* opening_ = nullptr;
  int sequence_ = 0;
  // What the group answered; the main thread has not yet read it. Expires with the process.
  std::shared_ptr<std::optional<SimulatedGroup::Answer>> answer_ =
      std::make_shared<std::optional<SimulatedGroup::Answer>>();
};

}  // namespace freshet::sim
