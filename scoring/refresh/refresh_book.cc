#include "scoring/refresh/refresh_book.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace freshet {
namespace {

/// The rate may be made up for, for so long and up to so many lists at once: what is asked for at
/// once may stand before a user who does something now.
constexpr double kBurstSeconds = 0.1;
constexpr double kBurstMax = 16;

std::vector<ItemId> items_of(const RankedList& list) {
  std::vector<ItemId> items;
  for (const RankedItem& item : list.items) items.push_back(item.id);
  for (const ScenarioList& scenario : list.scenarios)
    for (const RankedItem& item : scenario.items) items.push_back(item.id);
  std::sort(items.begin(), items.end());
  items.erase(std::unique(items.begin(), items.end()), items.end());
  items.shrink_to_fit();
  return items;
}

bool follows(const Position& position, const Position& before) {
  return position.partition == before.partition && position.offset == before.offset &&
         position.epoch == before.epoch;
}

}  // namespace

RefreshBook::RefreshBook(const RefreshConfig& config)
    : config_(config),
      rate_(config.lists_per_second,
            std::clamp(config.lists_per_second * kBurstSeconds, 1.0, kBurstMax), 1) {}

bool RefreshBook::is_active(EventTime event_time, EventTime time) const {
  return event_time + config_.active > time;
}

void RefreshBook::made(RankedList& list, SteadyTime now, EventTime time) {
  if (!config_.enabled) return;
  auto place = places_.find(list.user);
  if (place != places_.end() && follows(list.position, place->second->position))
    list.position.revision = std::max(list.position.revision, place->second->position.revision + 1);
  if (!is_active(list.event_time, time)) return forget(list.user);
  if (place == places_.end()) {
    if (users_.size() >= config_.users_max) erase(std::prev(users_.end()));
    users_.push_front({.user = list.user});
    place = places_.emplace(users_.front().user, users_.begin()).first;
  } else if (list.cause == ListCause::kEvent) {
    step_over(place->second);
    users_.splice(users_.begin(), users_, place->second);
  }
  Entry& entry = *place->second;
  dequeue(entry);
  entry.due.reset();
  entry.position = list.position;
  entry.event_time = list.event_time;
  entry.made_time = now;
  entry.made = changes_;
  entry.items = items_of(list);
}

void RefreshBook::found(const ActiveUser& user, SteadyTime now, EventTime time) {
  if (!config_.enabled || !is_active(user.event_time, time)) return;
  auto place = places_.find(user.user);
  if (place == places_.end()) {
    if (users_.size() >= config_.users_max) return;
    users_.push_back({.user = user.user});
    place = places_.emplace(users_.back().user, std::prev(users_.end())).first;
  } else if (const Position& known = place->second->position;
             known.partition == user.position.partition && known.epoch == user.position.epoch) {
    return;
  }
  Entry& entry = *place->second;
  entry.position = user.position;
  entry.event_time = user.event_time;
  entry.made_time = now;
  entry.made = changes_;
  enqueue(entry, ListCause::kAge);
}

bool RefreshBook::is_current(std::string_view user, const Position& position) const {
  const auto place = places_.find(user);
  return place != places_.end() && follows(position, place->second->position);
}

void RefreshBook::forget(std::string_view user) {
  const auto place = places_.find(user);
  if (place != places_.end()) erase(place->second);
}

void RefreshBook::lost(std::span<const ItemId> items) {
  if (!users_.empty()) lost_new_.insert(items.begin(), items.end());
}

void RefreshBook::rules_changed(ListCause cause) {
  ++changes_;
  change_cause_ = cause;
}

void RefreshBook::look(std::size_t users_max, SteadyTime now, EventTime time) {
  if (!walking_ && !begins_walk(now)) return;
  for (; users_max > 0 && next_look_ != users_.end(); --users_max) {
    const auto user = next_look_++;
    if (is_active(user->event_time, time)) {
      check(*user, now);
    } else {
      erase(user);
    }
  }
  walking_ = next_look_ != users_.end();
}

/// What changes during a walk is for the next one: those looked at before must not miss it.
bool RefreshBook::begins_walk(SteadyTime now) {
  if (lost_new_.empty() && walked_changes_ == changes_ && now < next_walk_) return false;
  lost_ = std::exchange(lost_new_, {});
  walked_changes_ = changes_;
  next_walk_ = now + kWalkEvery;
  next_look_ = users_.begin();
  walking_ = true;
  return true;
}

void RefreshBook::check(Entry& entry, SteadyTime now) {
  const std::optional<ListCause> cause = cause_of(entry, now);
  if (entry.due && !entry.place) {
    if (now - entry.asked_time >= kAskedAgainAfter) enqueue(entry, cause.value_or(*entry.due));
  } else if (cause && (!entry.due || *cause < *entry.due)) {
    enqueue(entry, *cause);
  }
}

std::optional<ListCause> RefreshBook::cause_of(const Entry& entry, SteadyTime now) const {
  if (!lost_.empty() && std::any_of(entry.items.begin(), entry.items.end(),
                                    [this](ItemId item) { return lost_.contains(item); }))
    return ListCause::kUnavailable;
  if (entry.made < changes_) return change_cause_;
  if (config_.age_max.count() > 0 && now - entry.made_time >= config_.age_max)
    return ListCause::kAge;
  return std::nullopt;
}

void RefreshBook::enqueue(Entry& entry, ListCause cause) {
  dequeue(entry);
  Queue& queue = due_[static_cast<std::size_t>(cause)];
  entry.due = cause;
  entry.place = queue.insert(queue.end(), &entry);
}

void RefreshBook::dequeue(Entry& entry) {
  if (entry.place) due_[static_cast<std::size_t>(*entry.due)].erase(*entry.place);
  entry.place.reset();
}

std::optional<RefreshWish> RefreshBook::next(SteadyTime now) {
  if (!rate_.allows_one(now)) return std::nullopt;
  for (const Queue& queue : due_) {
    if (queue.empty()) continue;
    const Entry& entry = *queue.front();
    RefreshWish wish{entry.user, entry.position, *entry.due};
    ++wish.position.revision;
    return wish;
  }
  return std::nullopt;
}

void RefreshBook::asked(const RefreshWish& wish, SteadyTime now) {
  const auto place = places_.find(wish.user);
  if (place == places_.end()) return;
  dequeue(*place->second);
  place->second->asked_time = now;
  rate_.take(1);
}

void RefreshBook::postpone(const RefreshWish& wish) {
  const auto place = places_.find(wish.user);
  if (place != places_.end() && place->second->due) enqueue(*place->second, *place->second->due);
}

std::size_t RefreshBook::waiting() const {
  std::size_t waiting = 0;
  for (const Queue& queue : due_) waiting += queue.size();
  return waiting;
}

void RefreshBook::step_over(Users::iterator user) {
  if (user == next_look_) ++next_look_;
}

void RefreshBook::erase(Users::iterator user) {
  step_over(user);
  dequeue(*user);
  places_.erase(user->user);
  users_.erase(user);
}

}  // namespace freshet
