#include "tests/simulator/cluster.h"

#include <algorithm>
#include <utility>

#include "tests/simulator/invariants.h"

namespace freshet::sim {
namespace {

constexpr std::size_t kMachines = 3;
/// Rounds of calm after which everything must be done. Long, for a poison has to kill three times
/// on every machine, and each death may take a session timeout.
constexpr int kCalmRoundsMax = 3'000;
constexpr WorldTime kCalmRound{50};

}  // namespace

Cluster::Cluster(World& world, const Config& config, int partitions, PipelineFigures& figures)
    : world_(world),
      config_(config),
      figures_(figures),
      broker_(world, config, partitions, config.ingest.kafka.session_timeout),
      clickstream_(world),
      machines_(1 + world.random.below(kMachines)) {
  for (std::size_t i = 0; i < machines_.size(); ++i) {
    machines_[i].id = static_cast<int>(i);
    machines_[i].clock = std::make_unique<SimulatedClock>(world);
    start(machines_[i]);
  }
}

void Cluster::step() {
  const std::size_t choice = world_.random.below(16);
  if (choice == 0) {
    receive();
  } else if (choice == 1) {
    strike();
  } else {
    world_.advance(world_.between(0, 10));
    work(any_machine(), &Process::step);
  }
}

/// Events come: to the partition of their user, or to one of the source that is rekeyed.
void Cluster::receive() {
  SimulatedLog& log = broker_.rekeyed ? broker_.rekeyed->any_log() : any_log();
  for (std::size_t n = 1 + world_.random.below(8); n > 0; --n)
    clickstream_.append(log, broker_.rekeyed ? any_log().partition() : log.partition());
}

void Cluster::calm_down() {
  world_.trace("calm");
  calm_ = true;
  world_.rates = {};
  for (int round = 0; round < kCalmRoundsMax; ++round) {
    world_.advance(kCalmRound);
    for (Machine& machine : machines_) work(machine, &Process::round);
    if (is_done()) return;
  }
  throw Violation{"the cluster does not come to rest: something is owed or unread for ever"};
}

bool Cluster::is_done() const {
  std::size_t held = 0;
  for (const Machine& machine : machines_) {
    if (!machine.process || !machine.process->is_done()) return false;
    held += machine.process->held().size();
  }
  if (held != broker_.logs.size()) return false;
  return !broker_.rekeyed || broker_.rekeyed->is_done();
}

void Cluster::check() {
  if (broker_.rekeyed) broker_.rekeyed->check();
  for (const Machine& machine : machines_) {
    for (const auto& [partition, database] : machine.disk) {
      check_database(world_, broker_, partition, database.image(),
                     config_.state.owed_max + config_.ingest.batch_records_max);
      check_dead_letters(world_, broker_, partition, database.lineage());
    }
  }
}

Cluster::Machine& Cluster::any_machine() {
  return machines_[world_.random.below(machines_.size())];
}

SimulatedLog& Cluster::any_log() { return broker_.logs[world_.random.below(broker_.logs.size())]; }

void Cluster::start(Machine& machine) {
  machine.process = std::make_unique<Process>(ProcessParts{
      world_, config_, broker_, machine.disk, machine.to_reset, *machine.clock, figures_,
      [this, &machine] {
        if (world_.random.chance(world_.rates.suspension)) sleep(machine);
      },
      [this, &machine](WorldTime time) { wait(machine, world_.now() + time); }});
  world_.trace("machine {}: member {} starts", machine.id, machine.process->member());
}

void Cluster::end(Machine& machine, const char* why) {
  world_.trace("machine {}: member {} ends: {}", machine.id, machine.process->member(), why);
  const MemberId member = machine.process->member();
  machine.process.reset();
  if (world_.random.chance(0.5)) broker_.group.put_out(member);  // A static member's successor.
  world_.later(world_.between(1, 300), [this, &machine] { start(machine); });
}

void Cluster::kill(Machine& machine, const char* why) {
  machine.process->die();
  end(machine, why);
}

void Cluster::work(Machine& machine, Status (Process::*what)()) {
  if (!machine.process || machine.asleep) return;
  try {
    const Status done = (machine.process.get()->*what)();
    if (done) return;
    const auto misfit = machine.process->misfit();
    machine.process->stop();
    end(machine, done.error().text.c_str());
    if (!misfit) return;
    world_.count("state reset by a person");
    machine.to_reset.insert(*misfit);
  } catch (const ProcessDied& death) {
    world_.count("process crash");
    kill(machine, death.where);
  }
}

void Cluster::sleep(Machine& machine) {
  if (machine.asleep) return;
  const WorldTime until =
      world_.now() + world_.between(1, 3 * config_.ingest.kafka.session_timeout.count());
  world_.trace("machine {}: sleeps until {} ms", machine.id, until.count());
  world_.count("suspension");
  if (world_.random.chance(0.5)) machine.clock->sleep(until - world_.now());  // The whole machine.
  wait(machine, until);
  world_.trace("machine {}: wakes up", machine.id);
}

/// The others go on, but not the process of `machine`: it is in the middle of a step.
void Cluster::wait(Machine& machine, WorldTime until) {
  const bool was_asleep = std::exchange(machine.asleep, true);
  while (world_.now() < until) {
    world_.advance(std::min(until - world_.now(), world_.between(1, 40)));
    Machine& other = any_machine();
    if (!other.asleep) work(other, &Process::step);
  }
  machine.asleep = was_asleep;
}

void Cluster::strike() {
  const FaultRates& rates = world_.rates;
  if (world_.random.chance(rates.machine_crash)) crash_machine(any_machine());
  if (world_.random.chance(rates.rebalance)) broker_.group.rebalance();
  if (world_.random.chance(rates.clock_jump)) {
    any_machine().clock->jump(world_.between(-100'000, 100'000));
  }
  if (world_.random.chance(rates.snapshot_damage)) broker_.snapshots.damage();
  if (world_.random.chance(rates.forget)) forget(clickstream_.any_user(any_log().partition()));
  if (world_.random.chance(rates.truncation)) truncate(any_log());
  if (broker_.rekeyed) {
    // Made anew, the events topic may get the same records at the same offsets: the same log.
    broker_.rekeyed->strike();
  } else if (world_.random.chance(rates.recreation)) {
    recreate(any_log());
  }
}

void Cluster::crash_machine(Machine& machine) {
  if (machine.asleep) return;  // Its process is in the middle of a step.
  if (machine.process) kill(machine, "the machine crashes");
  for (auto& [partition, database] : machine.disk) database.tear();
}

void Cluster::forget(const UserId& user) {
  world_.trace("{} asks to be forgotten", user);
  broker_.users.push_back({user, {}, EventTime{SimulatedClock::kEpochStart + world_.now()}});
}

void Cluster::truncate(SimulatedLog& log) {
  // A log made anew whose first records are gone again looks like the one before.
  if (log.incarnation() > 0) return;
  const auto [low, high] = log.watermarks();
  log.truncate(Offset{low.value + world_.between(0, high.value - low.value).count()});
  world_.trace("partition {}: retention cuts {} to {}", log.partition().value, low.value,
               log.watermarks().low.value);
  world_.count("log truncated");
}

void Cluster::recreate(SimulatedLog& log) {
  log.recreate();
  world_.trace("partition {}: the topic is made anew", log.partition().value);
  world_.count("log recreated");
}

}  // namespace freshet::sim
