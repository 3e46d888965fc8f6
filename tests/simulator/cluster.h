#pragma once

#include <memory>
#include <vector>

#include "tests/simulator/clickstream.h"
#include "tests/simulator/process.h"

namespace freshet::sim {

/// Machines with their processes around one broker, and everything that can happen to them.
/// Confined to one thread.
class Cluster {
 public:
  Cluster(World& world, const Config& config, int partitions, PipelineFigures& figures);

  /// Something happens: events come, a process works, time passes, a fault strikes.
  void step();
  /// Ends every fault, then works on until all is read, published and acknowledged. Throws
  /// Violation when that does not come about.
  void calm_down();
  /// Throws Violation when an invariant does not hold.
  void check();

 private:
  struct Machine {
    int id = 0;
    std::unique_ptr<SimulatedClock> clock;
    Disk disk;
    std::set<PartitionId> to_reset;
    std::unique_ptr<Process> process;  // Null while it is down.
    bool asleep = false;
  };

  Machine& any_machine();
  SimulatedLog& any_log();
  void receive();
  void start(Machine& machine);
  void end(Machine& machine, const char* why);
  void kill(Machine& machine, const char* why);
  void work(Machine& machine, Status (Process::*what)());
  void sleep(Machine& machine);
  void wait(Machine& machine, WorldTime until);
  void strike();
  void crash_machine(Machine& machine);
  void forget(const UserId& user);
  void truncate(SimulatedLog& log);
  void recreate(SimulatedLog& log);
  bool is_done() const;

  World& world_;
  const Config& config_;
  PipelineFigures& figures_;
  Broker broker_;
  Clickstream clickstream_;
  std::vector<Machine> machines_;
  bool calm_ = false;
};

}  // namespace freshet::sim
