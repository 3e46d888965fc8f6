#include "state/memory_store.h"

#include <utility>

namespace freshet {

Result<Recovery> MemoryStore::recover() {
  Recovery recovery;
  recovery.next_offset = next_offset_;
  recovery.epoch = epoch_ = Epoch{epoch_.value + 1};
  recovery.orderly = !std::exchange(open_, true);
  recovery.attempt = attempt_;
  noted_ = false;
  for (const auto& [user, owed] : owed_) recovery.owed.push_back(owed);
  for (const auto& [offset, letter] : dead_letters_) recovery.dead_letters.push_back(letter);
  recovery.source_offsets = source_offsets_;
  recovery.watermark = watermark_;
  for (const auto& [hash, row] : forgotten_) recovery.forgotten.push_back(row);
  return recovery;
}

Result<std::vector<std::optional<std::string>>> MemoryStore::load(std::span<const UserId> users) {
  std::vector<std::optional<std::string>> states;
  states.reserve(users.size());
  for (const UserId& user : users) {
    const auto it = users_.find(user);
    states.push_back(it == users_.end() ? std::nullopt : std::optional(it->second));
  }
  return states;
}

Status MemoryStore::commit(const Commit& commit) {
  next_offset_ = commit.next_offset;
  if (commit.newest_record) newest_record_ = commit.newest_record;
  if (attempt_ && commit.next_offset > attempt_->first) attempt_.reset();
  for (const UserId& user : commit.erased) {
    users_.erase(user);
    owed_.erase(user);
  }
  for (const auto& [user, state] : commit.states) users_[user] = state;
  for (const OwedList& owed : commit.owed) owed_[owed.user] = owed;
  for (const UserId& user : commit.settled) owed_.erase(user);
  for (const DeadLetter& letter : commit.dead_letters) dead_letters_[letter.offset] = letter;
  for (const Offset offset : commit.settled_dead_letters) dead_letters_.erase(offset);
  for (const auto& [from, offset] : commit.source_offsets) source_offsets_[from] = offset;
  if (commit.watermark) watermark_ = *commit.watermark;
  for (const ForgottenUser& row : commit.forgotten) forgotten_[row.user_hash] = row;
  return {};
}

Status MemoryStore::note(const Attempt& attempt) {
  attempt_ = attempt;
  noted_ = true;
  return {};
}

void MemoryStore::close() {
  open_ = false;
  if (attempt_ && std::exchange(noted_, false)) attempt_ = before(*attempt_);
}

Status MemoryStore::visit_users_between(const UserId& begin, const UserId& end,
                                        const UserVisitor& visit) {
  for (auto it = users_.lower_bound(begin); it != users_.end(); ++it) {
    if (!end.empty() && it->first >= end) break;
    if (!visit(it->first, it->second)) break;
  }
  return {};
}

}  // namespace freshet
