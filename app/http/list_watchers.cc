#include "app/http/list_watchers.h"

#include <algorithm>
#include <utility>

namespace freshet {

void ListWatchers::watch(const UserId& user, std::shared_ptr<EventChannel> channel) {
  std::lock_guard lock(mutex_);
  forget_closed();
  watched_[user].channels.push_back(std::move(channel));
  any_ = true;
}

void ListWatchers::forget_closed() {
  for (auto& [user, watched] : watched_)
    std::erase_if(watched.channels, [](const auto& channel) { return !channel->open(); });
  std::erase_if(watched_, [](const auto& entry) { return entry.second.channels.empty(); });
  any_ = !watched_.empty();
}

void ListWatchers::leaves(const RankedList& list) {
  if (!any_) return;
  std::lock_guard lock(mutex_);
  const auto it = watched_.find(list.user);
  if (it == watched_.end()) return;
  auto& leaving = it->second.leaving;
  if (leaving.size() == kOnTheirWayMax) leaving.pop_front();
  leaving.push_back({list.position, encode_list(list, clock_.now(), title_of_)});
}

void ListWatchers::arrived(const ListDelivery& delivery) {
  if (!any_) return;
  std::lock_guard lock(mutex_);
  const auto it = watched_.find(delivery.user);
  if (it == watched_.end()) return;
  auto& [channels, leaving] = it->second;
  const auto found = std::find_if(leaving.begin(), leaving.end(), [&](const Leaving& list) {
    return list.position == delivery.position;
  });
  if (found == leaving.end()) return;
  if (delivery.delivered) {
    bool all_open = true;
    for (const auto& channel : channels) all_open = channel->send("list", found->text) && all_open;
    leaving.erase(leaving.begin(), found + 1);  // The ones before were overtaken.
    if (!all_open) forget_closed();
  } else {
    leaving.erase(found);
  }
}

}  // namespace freshet
