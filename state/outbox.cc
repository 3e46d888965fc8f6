#include "state/outbox.h"

#include <tuple>

#include "config/assert.h"

namespace freshet {
namespace {

/// Whether `owed` is more than what was sent.
bool is_newer(const OwedList& owed, Offset offset, bool forgets) {
  return std::tie(owed.offset, owed.forgets) > std::tie(offset, forgets);
}

}  // namespace

void Outbox::owe(OwedList owed, const ListTimes& times) {
  const auto [it, is_new] = entries_.try_emplace(owed.user);
  Entry& entry = it->second;
  if (is_new || !entry.waiting) {
    entry.waiting = true;
    ++waiting_count_;
    if (!owed.forgets) queue_.push_back(owed.user);
  }
  if (owed.forgets) queue_.push_front(owed.user);
  entry.pending = {.owed = std::move(owed), .times = times};
}

void Outbox::committed(std::span<const OwedList> debts, SteadyTime folded, SteadyTime committed) {
  for (const OwedList& debt : debts) {
    const auto it = entries_.find(debt.user);
    if (it == entries_.end()) continue;
    it->second.pending.times.folded = folded;
    it->second.pending.times.committed = committed;
  }
}

void Outbox::refresh(PendingList pending) {
  const auto [it, is_new] = entries_.try_emplace(pending.owed.user);
  FRESHET_ASSERT(is_new, "a user who is owed a list needs no other");
  queue_.push_back(pending.owed.user);
  it->second.pending = std::move(pending);
  ++waiting_count_;
}

const PendingList* Outbox::front() {
  while (!queue_.empty()) {
    const auto it = entries_.find(queue_.front());
    if (it != entries_.end() && it->second.waiting) return &it->second.pending;
    queue_.pop_front();
  }
  return nullptr;
}

void Outbox::pop_front() {
  FRESHET_ASSERT(!queue_.empty(), "pop_front without a front");
  entries_.at(queue_.front()).waiting = false;
  --waiting_count_;
  queue_.pop_front();
}

bool Outbox::settle(const UserId& user, Offset offset, bool forgets) {
  const auto it = entries_.find(user);
  if (it == entries_.end() || is_newer(it->second.pending.owed, offset, forgets)) return false;
  if (it->second.waiting) --waiting_count_;
  const bool is_stored = it->second.pending.cause == ListCause::kEvent;
  entries_.erase(it);
  return is_stored;
}

void Outbox::retry(const UserId& user, Offset offset, bool forgets) {
  const auto it = entries_.find(user);
  if (it == entries_.end() || it->second.waiting) return;
  if (is_newer(it->second.pending.owed, offset, forgets)) return;
  it->second.waiting = true;
  ++waiting_count_;
  queue_.push_back(user);
}

}  // namespace freshet
