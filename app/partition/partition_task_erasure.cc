// How a partition's task loses users: those who are forgotten, and those whose history has expired.

#include "app/partition/partition_task.h"

namespace freshet {

/// A commit of its own, before the next records: what is before next_offset() is folded and goes,
/// what comes after it is left out by the time that the log gave it. A database that has seen no
/// record has nobody to forget, and must not get a position before it has.
Status PartitionTask::forget_users() {
  users_.read();
  if (!has_position_ || !may_read()) return {};
  Commit commit;
  commit.next_offset = next_offset();
  for (const Forget& asked : users_.take_forgets(config_.state.owed_max - outbox_.size()))
    FRESHET_RETURN_IF_ERROR(forget(asked, commit));
  return commit_apart(std::move(commit));
}

Status PartitionTask::forget(const Forget& asked, Commit& commit) {
  if (forgotten_.knows(asked.user, asked.time)) return {};
  states_.erase(asked.user);
  const auto stored = store_->load({&asked.user, 1});
  if (!stored) return tl::unexpected(stored.error());
  commit.erased.push_back(asked.user);
  commit.forgotten.push_back(forgotten_.add(asked.user, asked.time, next_offset()));
  forget_dead_letters(asked.user, commit);
  if (!stored->front() && !outbox_.contains(asked.user) && !asked.is_home) return {};
  owe_removal(asked.user, asked.time, commit);
  ports_.figures.count_forgotten();
  return {};
}

/// Those that are on their way cannot be called back; but they are not sent again.
void PartitionTask::forget_dead_letters(const UserId& user, Commit& commit) {
  std::erase_if(dead_letters_to_send_, [&](const DeadLetter& letter) {
    if (letter.key == user) commit.settled_dead_letters.push_back(letter.offset);
    return letter.key == user;
  });
  std::erase_if(dead_letters_in_flight_, [&](const auto& entry) {
    if (entry.second.key == user) commit.settled_dead_letters.push_back(entry.first);
    return entry.second.key == user;
  });
}

/// Nobody sees these histories any more; now they leave the disk, and the lists made of them their
/// topic. In a replay of a backlog their users may be about to come back: it goes on first.
Status PartitionTask::expire_users() {
  if (!has_position_ || !may_read() || catch_up_.active()) return {};
  const std::size_t room = config_.state.owed_max - outbox_.size();
  const auto expired = expiry_.next(*store_, watermark_, room, ports_.clock.steady_now());
  if (!expired) return tl::unexpected(expired.error());
  if (expired->empty()) return {};
  Commit commit;
  commit.next_offset = next_offset();
  for (const UserId& user : *expired) {
    states_.erase(user);
    commit.erased.push_back(user);
    owe_removal(user, *watermark_.time(), commit);
  }
  ports_.figures.count_expired(expired->size());
  return commit_apart(std::move(commit));
}

/// Of all lists of the user up to here.
void PartitionTask::owe_removal(const UserId& user, EventTime time, Commit& commit) {
  OwedList removal{user, Offset{next_offset_ - 1}, time, true};
  outbox_.owe(removal, {.received = ports_.clock.steady_now()});
  commit.owed.push_back(std::move(removal));
}

/// Commits what no record asks for, before the next ones are read.
Status PartitionTask::commit_apart(Commit commit) {
  if (commit.erased.empty()) return {};
  const Status done = store_->commit(commit);
  if (done || done.error().code != ErrorCode::kNoSpace) return done;
  Batch batch;
  batch.commit = std::move(commit);
  return stall(std::move(batch), done.error());
}

}  // namespace freshet
