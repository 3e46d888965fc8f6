#include "tests/simulator/process.h"

#include <algorithm>
#include <limits>

#include "tests/simulator/invariants.h"

namespace freshet::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kLearningMax = 100'000;  // Drained after every step: it never blocks.
constexpr double kOthersRun = 0.3;
constexpr double kSnapshot = 0.05;

/// By their names.
bool is_home(PartitionId partition, const UserId& user) {
  return user.starts_with(fmt::format("p{}-", partition.value));
}

ListDelivery as_told(ListDelivery delivery, const World& world) {
  if (world.has(Mutation::kOldListSettlesNewDebt)) {
    delivery.position.offset = Offset{std::numeric_limits<std::int64_t>::max()};
  }
  return delivery;
}

}  // namespace

Process::Process(ProcessParts parts)
    : parts_(std::move(parts)),
      member_(parts_.broker.next_member++),
      learning_(kLearningMax),
      ranking_(parts_.config.scoring.queue_max),
      router_(parts_.config),
      publisher_(parts_.world, parts_.broker.output, parts_.config.sinks.kafka.delivery_timeout,
                 handlers()),
      lease_(parts_.clock, parts_.config.ingest.kafka.session_timeout),
      leased_publisher_(publisher_, lease_, handlers()),
      users_(parts_.config.ingest.users_max) {
  if (parts_.broker.rekeyed) {
    rekeyer_ = make_rekeyer(parts_.world, *parts_.broker.rekeyed, parts_.config.ingest,
                            parts_.figures, parts_.clock, parts_.wait);
  }
  if (parts_.world.has(Mutation::kLeaseIgnored)) lease_.hold_for_ever();
  publisher_.watch([this](const Position& position) {
    parts_.world.require(parts_.broker.group.is_member(member_),
                         "member {} publishes for partition {}, but the group has put it out",
                         member_, position.partition.value);
  });
}

void Process::die() {
  alive_ = false;
  for (auto& [partition, task] : tasks_) task.database.owner_died();
  if (opening_) opening_->owner_died();
}

DeliveryHandlers Process::handlers() {
  return {[this](const ListDelivery& d) { router_.deliver(as_told(d, parts_.world)); },
          [this](const DeadLetterDelivery& d) { router_.deliver(d); }};
}

void Process::stop() {
  if (!rekeyer_) return;
  std::stop_source stopped;
  stopped.request_stop();
  ignore_error(rekeyer_->run(stopped.get_token()), "a restart goes on");
}

/// An error is the end of the process, but the rekeyer's thread is the first to end.
Status Process::rekey() {
  const Status done = rekeyer_->run_once({});
  if (!done) rekeyer_.reset();
  return done;
}

Status Process::step() {
  const std::size_t choice = parts_.world.random.below(rekeyer_ ? 12 : 10);
  if (choice >= 10) return rekey();
  if (choice == 9) {
    ask_for_refresh();
    return {};
  }
  if (choice == 0) call_group();
  if (choice == 8) {
    read_users(1 + parts_.world.random.below(3));
    return {};
  }
  if (choice == 1) return obey_group();
  if (choice <= 3) serve(1 + parts_.world.random.below(4));
  if (choice <= 3 || tasks_.empty()) return {};
  auto it = tasks_.begin();
  std::advance(it, parts_.world.random.below(tasks_.size()));
  if (parts_.world.random.chance(kSnapshot)) take_snapshot(it->first);
  return run_task(it->first);
}

Status Process::round() {
  call_group();
  read_users(parts_.broker.users.size());
  if (rekeyer_) FRESHET_RETURN_IF_ERROR(rekey());
  FRESHET_RETURN_IF_ERROR(obey_group());
  for (const PartitionId partition : held()) FRESHET_RETURN_IF_ERROR(run_task(partition));
  serve(ranking_.capacity());
  return {};
}

bool Process::is_done() const {
  return std::all_of(tasks_.begin(), tasks_.end(), [&](const auto& entry) {
    const auto& records = parts_.broker.log(entry.first).records();
    const bool all_read =
        records.empty() || records.back().offset < entry.second.task->next_offset();
    if (!all_read) return false;
    if (!has_forgotten(entry.first)) return false;
    MemoryStore image = entry.second.database.image().store;
    const Recovery left = *image.recover();
    return left.owed.empty() && left.dead_letters.empty();
  });
}

bool Process::has_forgotten(PartitionId partition) const {
  const Image& image = tasks_.at(partition).database.image();
  if (!image.position.next_offset) return true;
  return std::all_of(
      parts_.broker.users.begin(), parts_.broker.users.end(), [&](const UserUpdate& update) {
        return std::any_of(
            image.lineage.forgotten.begin(), image.lineage.forgotten.end(), [&](const auto& done) {
              return done.first.second == update.user && done.second.time >= *update.forgotten_time;
            });
      });
}

void Process::read_users(std::size_t updates_max) {
  const std::vector<UserUpdate>& topic = parts_.broker.users;
  for (; updates_max > 0 && users_read_ < topic.size(); --updates_max, ++users_read_) {
    const UserUpdate& update = topic[users_read_];
    ignore_error(users_.update(update), "there are few");
    for (auto& [partition, task] : tasks_) task.task->tell(update, is_home(partition, update.user));
  }
}

std::set<PartitionId> Process::held() const {
  std::set<PartitionId> held;
  for (const auto& [partition, task] : tasks_) held.insert(partition);
  return held;
}

LogView Process::view_of(PartitionId partition) const {
  const SimulatedLog& log = parts_.broker.log(partition);
  const bool compares = !parts_.world.has(Mutation::kLogNotCompared);
  return {parts_.broker.name_of(partition), log.watermarks(),
          [&log, compares](Offset offset) -> Result<std::optional<LogMark>> {
            return compares ? log.mark_at(offset) : std::nullopt;
          }};
}

void Process::check(PartitionId partition) const {
  check_database(parts_.world, parts_.broker, partition, parts_.disk.at(partition).image(),
                 parts_.config.state.owed_max + parts_.config.ingest.batch_records_max);
}

Status Process::take(PartitionId partition) {
  FRESHET_RETURN_IF_ERROR(place(partition));
  check(partition);
  return open(partition);
}

Status Process::place(PartitionId partition) {
  Disk& disk = parts_.disk;
  SimulatedSnapshots& snapshots = parts_.broker.snapshots;
  const auto local = disk.find(partition);
  const bool resets = parts_.to_reset.erase(partition) > 0;
  auto start = snapshots.choose(local == disk.end() ? nullptr : &local->second.image(),
                                view_of(partition), resets ? GapPolicy::kReset : GapPolicy::kFail);
  if (!start && parts_.world.has(Mutation::kGapIgnored)) start = Start{Start::Kind::kLocal, {}};
  if (!start) {
    misfit_ = partition;
    return tl::unexpected(start.error());
  }
  Epoch seen{0};
  if (local != disk.end()) {
    check(partition);
    seen = local->second.image().position.epoch;
    const bool counts = local->second.image().position.next_offset.has_value();
    if (start->kind != Start::Kind::kLocal && counts) disk.erase(local);
  }
  if (start->kind == Start::Kind::kSnapshot) {
    parts_.world.count("started from a snapshot");
    seen = std::max(seen, start->image.position.epoch);
    disk.erase(partition);
    disk.try_emplace(partition, parts_.world, std::move(start->image));
  }
  SimulatedDatabase& database = disk.try_emplace(partition, parts_.world).first->second;
  if (parts_.broker.has_snapshots && !parts_.world.has(Mutation::kEpochNotShared)) {
    const Epoch taken = snapshots.take_epoch(parts_.broker.name_of(partition), seen);
    database.raise_epoch(Epoch{taken.value - 1});
  }
  return {};
}

Status Process::open(PartitionId partition) {
  World& world = parts_.world;
  const SimulatedLog& log = parts_.broker.log(partition);
  SimulatedDatabase& database = parts_.disk.at(partition);
  auto task =
      std::make_unique<PartitionTask>(partition, parts_.config,
                                      PartitionTaskPorts{learning_, ranking_, leased_publisher_,
                                                         parts_.figures, lease_, parts_.clock});
  auto store = std::make_unique<SimulatedStore>(world, database, alive_, [this] { others_run(); });
  opening_ = &database;
  const auto next = task->open(std::move(store), router_.open(partition));
  opening_ = nullptr;
  if (!next) return tl::unexpected(next.error());
  const Epoch epoch = database.image().position.epoch;
  if (parts_.broker.has_snapshots) {
    Epoch& epoch_max = parts_.broker.epoch_max[partition];
    world.require(epoch > epoch_max, "partition {}: epoch {} was taken by another machine",
                  partition.value, epoch.value);
    epoch_max = epoch;
  }
  if (!*next) database.begin_at(log.incarnation(), log.watermarks().low);
  const auto [low, high] = log.watermarks();
  Offset start = next->value_or(low);
  if (world.has(Mutation::kGroupOffsetTrusted)) {
    start = parts_.broker.group.committed(partition).value_or(start);
  }
  if (world.has(Mutation::kGapIgnored)) start = std::clamp(start, low, high);
  world.trace("member {}: takes partition {} at {} with epoch {}", member_, partition.value,
              start.value, epoch.value);
  task->start_from(start);
  users_.visit(
      [&](const UserUpdate& update) { task->know(update, is_home(partition, update.user)); });
  publisher_.stems_from(partition, log.incarnation());
  tasks_.emplace(
      partition,
      Task{epoch, database, std::make_unique<SimulatedSource>(world, log, start), std::move(task)});
  return {};
}

void Process::let_go(PartitionId partition) {
  take_snapshot(partition);
  const Task& task = tasks_.at(partition);
  past_[{partition, task.epoch}] = task.database.lineage();
  tasks_.erase(partition);
  router_.close(partition);
  parts_.world.trace("member {}: lets go of partition {}", member_, partition.value);
}

void Process::take_snapshot(PartitionId partition) {
  if (!parts_.broker.has_snapshots) return;
  parts_.broker.snapshots.take(parts_.broker.name_of(partition),
                               tasks_.at(partition).database.image(), [this] { others_run(); });
}

const Lineage& Process::lineage_of(const Position& position) const {
  const auto past = past_.find({position.partition, position.epoch});
  return past == past_.end() ? parts_.disk.at(position.partition).lineage() : past->second;
}

Status Process::run_task(PartitionId partition) {
  Task& task = tasks_.at(partition);
  const Offset before = task.task->next_offset();
  const Lineage lineage = task.database.lineage();
  FRESHET_RETURN_IF_ERROR(task.task->run_once(*task.source, {}));
  const Offset after = task.task->next_offset();
  if (after != before) {
    parts_.world.trace("member {}: partition {} committed {} to {}", member_, partition.value,
                       before.value, after.value);
  }
  check_set_aside(partition, lineage);
  learning_.pop_batch(kLearningMax, 0us, {});
  if (parts_.world.random.chance(0.2)) parts_.broker.group.commit(partition, after);
  return {};
}

void Process::serve(std::size_t lists_max) {
  const std::size_t in_flight_max = parts_.config.sinks.kafka.in_flight_max;
  const std::size_t room = in_flight_max - std::min(in_flight_max, publisher_.in_flight());
  for (const RankRequest& request : ranking_.pop_batch(std::min(lists_max, room), 0us, {})) {
    const PartitionId partition = request.position.partition;
    const auto check = request.forgets ? check_removal : check_request;
    check(parts_.world, parts_.broker, lineage_of(request.position), request);
    RankedList list;
    list.user = request.user;
    list.position = request.position;
    list.forgets = request.forgets;
    note_made(list);
    if (request.cause != ListCause::kEvent) parts_.world.count("list made again");
    parts_.world.trace("member {}: {} the list of {} for {}/{} of epoch {}", member_,
                       list.forgets ? "removes" : "publishes", list.user, partition.value,
                       list.position.offset.value, list.position.epoch.value);
    ignore_error(leased_publisher_.publish(list), "the simulated publisher takes everything");
  }
}

/// As RefreshBook does.
void Process::note_made(RankedList& list) {
  if (list.forgets) {
    made_.erase(list.user);
    return;
  }
  Position& made = made_[list.user];
  const bool follows = made.partition == list.position.partition &&
                       made.offset == list.position.offset && made.epoch == list.position.epoch;
  if (follows) list.position.revision = std::max(list.position.revision, made.revision + 1);
  made = list.position;
}

void Process::ask_for_refresh() {
  if (made_.empty()) return;
  auto it = made_.begin();
  std::advance(it, parts_.world.random.below(made_.size()));
  RefreshWish wish{it->first, it->second, ListCause::kAge};
  ++wish.position.revision;
  router_.ask(wish);
}

void Process::call_group() {
  World& world = parts_.world;
  const SimulatedGroup::Heartbeat heartbeat{member_, ++sequence_, claimed()};
  const BootTime asked = parts_.clock.boot_now();
  if (world.random.chance(world.rates.group_message_lost)) return world.count("heartbeat lost");
  world.later(world.between(0, 20), [this, heartbeat, asked, mailbox = std::weak_ptr(answer_)] {
    if (mailbox.expired()) return;  // Its connection went with the process.
    World& at_group = parts_.world;
    const auto answer = parts_.broker.group.answer(heartbeat);
    if (at_group.random.chance(at_group.rates.group_message_lost)) return;
    at_group.later(at_group.between(0, 20), [this, heartbeat, asked, answer, mailbox] {
      // Of two answers under way only the one to the newest question counts.
      if (mailbox.expired() || heartbeat.sequence != sequence_) return;
      *answer_ = answer;
      if (answer.is_member) lease_.confirm(asked);
    });
  });
}

std::set<PartitionId> Process::claimed() const {
  std::set<PartitionId> claimed = held();
  if (*answer_) claimed.insert((*answer_)->owned.begin(), (*answer_)->owned.end());
  return claimed;
}

Status Process::obey_group() {
  if (!*answer_) return {};
  const SimulatedGroup::Answer answer = *std::exchange(*answer_, std::nullopt);
  for (const PartitionId partition : held()) {
    if (!answer.owned.contains(partition)) let_go(partition);
  }
  if (!answer.is_member) {
    parts_.world.count("membership lost");
    member_ = parts_.broker.next_member++;
    ++sequence_;  // What is under way was meant for the member before.
    return {};
  }
  for (const PartitionId partition : answer.owned) {
    if (!tasks_.contains(partition)) FRESHET_RETURN_IF_ERROR(take(partition));
  }
  return {};
}

void Process::check_set_aside(PartitionId partition, const Lineage& before) const {
  const SimulatedDatabase& database = tasks_.at(partition).database;
  const auto& records = parts_.broker.log(partition).records(before.incarnation);
  for (const Offset offset : database.lineage().set_aside) {
    if (before.set_aside.contains(offset)) continue;
    parts_.world.trace("member {}: sets record {} of partition {} aside", member_, offset.value,
                       partition.value);
    parts_.world.count("record set aside");
    // At the last death it was the next record.
    const auto& deaths = database.deaths();
    const bool in_hand =
        !deaths.empty() && std::none_of(records.begin(), records.end(), [&](const auto& record) {
          return record.offset >= deaths.back() && record.offset < offset;
        });
    parts_.world.require(deaths.size() >= 3 && in_hand,
                         "partition {}: record {} was set aside after {} deaths", partition.value,
                         offset.value, deaths.size());
  }
}

void Process::others_run() {
  parts_.may_sleep();
  if (!parts_.world.random.chance(kOthersRun)) return;
  serve(1 + parts_.world.random.below(4));
  parts_.world.advance(parts_.world.between(0, 5));
}

}  // namespace freshet::sim
