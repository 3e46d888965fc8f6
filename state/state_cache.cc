#include "state/state_cache.h"

#include <utility>

namespace freshet {
namespace {

/// Of the list's and the index's nodes.
constexpr std::size_t kNodeBytes = 96;

template <class T>
std::size_t bytes_of(const std::vector<T>& items) {
  return items.capacity() * sizeof(T);
}

/// About what an entry takes in memory.
std::size_t bytes_of(const UserId& user, const UserState& state) {
  std::size_t bytes = kNodeBytes + sizeof(UserId) + sizeof(UserState) + user.size() +
                      bytes_of(state.history) + bytes_of(state.bought) + bytes_of(state.shown) +
                      bytes_of(state.disliked) + bytes_of(state.recent_event_ids) +
                      bytes_of(state.context) + state.session.size();
  for (const std::string& value : state.context) bytes += value.size();
  return bytes;
}

}  // namespace

bool StateCache::take(const UserId& user, UserState& state) {
  const auto it = by_user_.find(user);
  if (it == by_user_.end() || it->second->out) return false;
  state = std::move(it->second->state);
  it->second->out = true;
  return true;
}

const UserState* StateCache::find(const UserId& user) const {
  const auto it = by_user_.find(user);
  return it == by_user_.end() || it->second->out ? nullptr : &it->second->state;
}

void StateCache::put(const UserId& user, UserState state) {
  const std::size_t bytes = bytes_of(user, state);
  if (bytes > bytes_max_) return erase(user);
  auto it = by_user_.find(user);
  if (it == by_user_.end()) {
    entries_.push_front({.user = user});
    it = by_user_.emplace(entries_.front().user, entries_.begin()).first;
  } else {
    entries_.splice(entries_.begin(), entries_, it->second);
  }
  Entry& entry = *it->second;
  bytes_ = bytes_ - entry.bytes + bytes;
  entry.state = std::move(state);
  entry.bytes = bytes;
  entry.out = false;
  make_room();
}

void StateCache::make_room() {
  while (bytes_ > bytes_max_) remove(std::prev(entries_.end()));
}

void StateCache::erase(const UserId& user) {
  if (const auto it = by_user_.find(user); it != by_user_.end()) remove(it->second);
}

void StateCache::remove(Entries::iterator entry) {
  by_user_.erase(entry->user);
  bytes_ -= entry->bytes;
  entries_.erase(entry);
}

}  // namespace freshet
