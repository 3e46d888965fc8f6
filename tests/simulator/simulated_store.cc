#include "tests/simulator/simulated_store.h"

#include <algorithm>

namespace freshet::sim {
namespace {

constexpr double kSyncedByItself = 0.05;  // The memtable is flushed, or the kernel writes back.

/// What `commit` holds beside the part that a mutation writes on its own.
Commit without_part(Commit commit, Mutation mutation, Commit& part) {
  part.next_offset = commit.next_offset;
  if (mutation == Mutation::kOwedOutsideCommit) part.owed = std::exchange(commit.owed, {});
  if (mutation == Mutation::kDeadLetterOutsideCommit) {
    part.dead_letters = std::exchange(commit.dead_letters, {});
  }
  if (mutation == Mutation::kOffsetBeforeState) std::swap(part, commit);
  return commit;
}

}  // namespace

Recovery SimulatedDatabase::recover() {
  unsynced_.push_back(TakeEpoch{});
  auto recovery = *written_.store.recover();
  if (!world_.has(Mutation::kEpochNotSynced)) sync();
  if (world_.has(Mutation::kEpochNotRaised) && recovery.epoch.value > 1) --recovery.epoch.value;
  if (world_.has(Mutation::kOutboxLostAtRestart)) recovery.owed.clear();
  world_.require(recovery.epoch > epoch_max_, "epoch {} was taken before: {} is the largest",
                 recovery.epoch.value, epoch_max_.value);
  epoch_max_ = recovery.epoch;
  return recovery;
}

void SimulatedDatabase::write(const Commit& commit) { add(commit); }

void SimulatedDatabase::write(const Attempt& attempt) { add(attempt); }

void SimulatedDatabase::close() { add(Close{}); }

void SimulatedDatabase::add(Write write) {
  apply(write, written_);
  unsynced_.push_back(std::move(write));
  if (world_.random.chance(kSyncedByItself)) sync();
}

void SimulatedDatabase::tear() {
  const std::size_t kept = world_.random.below(unsynced_.size() + 1);
  world_.count(kept < unsynced_.size() ? "torn tail" : "machine crash without loss");
  unsynced_.resize(kept);
  if (world_.has(Mutation::kTornCommit) && !unsynced_.empty()) {
    if (auto* commit = std::get_if<Commit>(&unsynced_.back())) commit->states.clear();
  }
  for (const Write& write : unsynced_) apply(write, synced_);
  unsynced_.clear();
  written_ = synced_;
}

std::optional<Offset> SimulatedDatabase::next_offset_min() const {
  MemoryStore image = synced_.store;
  if (const auto synced = image.recover()->next_offset) return synced;
  for (const Write& write : unsynced_) {
    if (const auto* commit = std::get_if<Commit>(&write)) return commit->next_offset;
  }
  return std::nullopt;
}

Lineage SimulatedDatabase::lineage() const {
  Lineage lineage = begin_;
  lineage.set_aside = written_.set_aside;
  return lineage;
}

void SimulatedDatabase::owner_died() {
  MemoryStore image = written_.store;
  deaths_.push_back(image.recover()->next_offset.value_or(begin_.begin));
}

void SimulatedDatabase::sync() {
  for (const Write& write : unsynced_) apply(write, synced_);
  unsynced_.clear();
}

void SimulatedDatabase::apply(const Write& write, Image& image) {
  if (const auto* commit = std::get_if<Commit>(&write)) {
    ignore_error(image.store.commit(*commit), "memory takes every commit");
    for (const DeadLetter& letter : commit->dead_letters) {
      if (letter.why.reason == BadRecordReason::kPoison) image.set_aside.insert(letter.offset);
    }
  } else if (const auto* attempt = std::get_if<Attempt>(&write)) {
    ignore_error(image.store.note(*attempt), "memory takes every note");
  } else if (std::holds_alternative<Close>(write)) {
    image.store.close();
  } else {
    ignore_error(image.store.recover(), "memory always recovers");
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
  return database_.image().load(users);
}

Status SimulatedStore::commit(const Commit& commit) {
  others_();
  world_.may_die("before commit");
  if (world_.has(Mutation::kOwedOutsideCommit) || world_.has(Mutation::kDeadLetterOutsideCommit) ||
      world_.has(Mutation::kOffsetBeforeState)) {
    commit_wrongly(commit);
  } else {
    database_.write(commit);
  }
  world_.may_die("after commit");
  return {};
}

void SimulatedStore::commit_wrongly(const Commit& commit) {
  Commit second;
  database_.write(without_part(commit, world_.mutation, second));
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

Status SimulatedStore::visit_users(
    const std::function<void(std::string_view, std::string_view)>& visit) {
  return database_.image().visit_users(visit);
}

}  // namespace freshet::sim
