#include "tests/simulator/simulated_store.h"

#include <algorithm>

#include "tests/simulator/simulated_clock.h"

namespace freshet::sim {
namespace {

constexpr double kSyncedByItself = 0.05;  // The memtable is flushed, or the kernel writes back.

/// What `commit` holds beside the part that a mutation writes on its own.
Commit without_part(Commit commit, Mutation mutation, Commit& part) {
  part.next_offset = commit.next_offset;
  if (mutation == Mutation::kRemovalNotOwed)
    std::erase_if(commit.owed, [](const OwedList& owed) { return owed.forgets; });
  if (mutation == Mutation::kOwedOutsideCommit) part.owed = std::exchange(commit.owed, {});
  if (mutation == Mutation::kDeadLetterOutsideCommit) {
    part.dead_letters = std::exchange(commit.dead_letters, {});
  }
  if (mutation == Mutation::kSourceOffsetsOutsideCommit) {
    part.source_offsets = std::exchange(commit.source_offsets, {});
  }
  if (mutation == Mutation::kWatermarkOutsideCommit) {
    part.watermark = std::exchange(commit.watermark, std::nullopt);
  }
  if (mutation == Mutation::kOffsetBeforeState) std::swap(part, commit);
  return commit;
}

/// The users whom `commit` forgets, and until when.
std::map<UserId, EventTime> asked_to_forget(const Commit& commit) {
  std::map<UserId, EventTime> asked;
  for (const UserId& user : commit.erased) {
    for (const ForgottenUser& row : commit.forgotten)
      if (row.user_hash == user_hash(user)) asked[user] = row.time;
  }
  return asked;
}

/// What a program would believe that asks the machine how late it is.
EventWatermark by_clock(WorldTime now) {
  EventWatermark watermark;
  for (const char* user : {"a", "b", "c"})
    watermark.observe(user, EventTime{SimulatedClock::kEpochStart + now});
  return watermark;
}

}  // namespace

void SimulatedDatabase::raise_epoch(Epoch epoch) {
  if (epoch <= written_.position.epoch) return;
  add(TakeEpoch{epoch});
  sync();
}

Recovery SimulatedDatabase::recover() {
  auto recovery = *written_.store.recover();
  recovery.epoch = Epoch{written_.position.epoch.value + 1};
  add(TakeEpoch{recovery.epoch, true});
  if (!world_.has(Mutation::kEpochNotSynced)) sync();
  if (world_.has(Mutation::kEpochNotRaised) && recovery.epoch.value > 1) --recovery.epoch.value;
  if (world_.has(Mutation::kOutboxLostAtRestart)) recovery.owed.clear();
  if (world_.has(Mutation::kForgottenLostAtRestart)) recovery.forgotten.clear();
  if (world_.has(Mutation::kWatermarkLostAtRestart)) recovery.watermark = {};
  if (world_.has(Mutation::kWatermarkFromClock)) recovery.watermark = by_clock(world_.now());
  if (world_.has(Mutation::kSourceOffsetsLostAtRestart)) recovery.source_offsets.clear();
  world_.require(recovery.epoch > epoch_max_, "epoch {} was taken before: {} is the largest",
                 recovery.epoch.value, epoch_max_.value);
  epoch_max_ = recovery.epoch;
  return recovery;
}

void SimulatedDatabase::begin_at(int incarnation, Offset low) {
  synced_.lineage = written_.lineage = {incarnation, low, {}, {}};
}

void SimulatedDatabase::write(const Commit& commit) {
  if (commit.forgotten.empty() && !commit.erased.empty()) world_.count("expired history erased");
  for (const auto& [user, time] : asked_to_forget(commit)) {
    world_.count("user forgotten");
    const bool again = std::any_of(
        lineage().forgotten.begin(), lineage().forgotten.end(),
        [&](const auto& entry) { return entry.first.second == user && entry.second.time >= time; });
    // A tombstone comes again at every start; a history that began after it is not its.
    world_.require(!again || !written_.store.load({&user, 1})->front(),
                   "{} is forgotten a second time by one tombstone", user);
  }
  add(commit);
}

void SimulatedDatabase::write(const Attempt& attempt) { add(attempt); }

void SimulatedDatabase::close() { add(Close{}); }

void SimulatedDatabase::add(Write write) {
  apply(write, written_);
  unsynced_.push_back(std::move(write));
  if (world_.random.chance(kSyncedByItself)) sync();
}

void SimulatedDatabase::tear() {
  const std::size_t kept = world_.random.below(unsynced_.size() + 1);
  const bool loses = kept < unsynced_.size();
  world_.count(loses ? "torn tail" : "machine crash without loss");
  unsynced_.resize(kept);
  if (world_.has(Mutation::kTornCommit) && !unsynced_.empty()) {
    if (auto* commit = std::get_if<Commit>(&unsynced_.back())) commit->states.clear();
  }
  for (const Write& write : unsynced_) apply(write, synced_);
  unsynced_.clear();
  written_ = synced_;
  if (loses) owner_died();  // An orderly end that is lost looks like a death.
}

void SimulatedDatabase::owner_died() {
  const Offset at = written_.position.next_offset.value_or(written_.lineage.begin);
  synced_.deaths.push_back(at);
  written_.deaths.push_back(at);
}

void SimulatedDatabase::sync() {
  for (const Write& write : unsynced_) apply(write, synced_);
  unsynced_.clear();
}

void SimulatedDatabase::apply(const Write& write, Image& image) {
  if (const auto* commit = std::get_if<Commit>(&write)) {
    ignore_error(image.store.commit(*commit), "memory takes every commit");
    image.position.next_offset = commit->next_offset;
    if (commit->newest_record) image.position.newest_record = commit->newest_record;
    for (const auto& [user, time] : asked_to_forget(*commit))
      image.lineage.forgotten[{commit->next_offset, user}] = {time, image.position.epoch};
    for (const DeadLetter& letter : commit->dead_letters) {
      const bool poison = letter.why.reason == BadRecordReason::kPoison;
      if (poison) image.lineage.set_aside.insert(letter.offset);
    }
  } else if (const auto* attempt = std::get_if<Attempt>(&write)) {
    ignore_error(image.store.note(*attempt), "memory takes every note");
  } else if (const auto* taken = std::get_if<TakeEpoch>(&write)) {
    image.position.epoch = taken->epoch;
    if (taken->opens) ignore_error(image.store.recover(), "memory always recovers");
  } else {
    image.store.close();
  }
}

Result<Recovery> SimulatedStore::recover() {
  world_.may_die("before recover");
  Recovery recovery = database_.recover();
  world_.may_die("after recover");
  return recovery;
}

Result<std::vector<std::optional<std::string>>> SimulatedStore::load(
    std::span<const UserId> users) {
  others_();
  world_.may_die("load");
  for (const UserId& user : users) {
    if (user == kPoisonUser) throw ProcessDied{"poison"};
  }
  return database_.image().store.load(users);
}

Status SimulatedStore::commit(const Commit& commit) {
  others_();
  world_.may_die("before commit");
  if (world_.random.chance(world_.rates.full_disk)) {
    world_.count("full disk");
    if (world_.has(Mutation::kFullDiskKeepsHalf)) write_half(commit);
    return error(ErrorCode::kNoSpace, "the simulated disk is full");
  }
  if (world_.has(Mutation::kOwedOutsideCommit) || world_.has(Mutation::kDeadLetterOutsideCommit) ||
      world_.has(Mutation::kOffsetBeforeState) || world_.has(Mutation::kRemovalNotOwed) ||
      world_.has(Mutation::kWatermarkOutsideCommit) ||
      world_.has(Mutation::kSourceOffsetsOutsideCommit)) {
    commit_wrongly(commit);
  } else {
    database_.write(commit);
  }
  world_.may_die("after commit");
  return {};
}

void SimulatedStore::write_half(const Commit& commit) {
  Commit half;
  half.next_offset = commit.next_offset;
  half.newest_record = commit.newest_record;
  database_.write(half);
}

void SimulatedStore::commit_wrongly(const Commit& commit) {
  Commit second;
  Commit first = without_part(commit, world_.mutation, second);
  if (world_.has(Mutation::kSourceOffsetsOutsideCommit)) {
    std::swap(first, second);
    const Image& image = database_.image();
    first.next_offset = image.position.next_offset.value_or(image.lineage.begin);
  }
  database_.write(first);
  world_.may_die("between two halves of a commit");
  database_.write(second);
}

Status SimulatedStore::note(const Attempt& attempt) {
  if (!world_.has(Mutation::kAttemptNotNoted)) database_.write(attempt);
  world_.may_die("after note");
  return {};
}

void SimulatedStore::close() {
  if (alive_) database_.close();
}

Status SimulatedStore::visit_users_between(const UserId& begin, const UserId& end,
                                           const UserVisitor& visit) {
  others_();
  world_.may_die("visit users");
  return database_.image().store.visit_users_between(begin, end, visit);
}

}  // namespace freshet::sim
