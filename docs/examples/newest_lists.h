#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

/// The consumer's side of the lists' rule: of each user the list with the largest (offset, epoch)
/// holds. Lists come at least once, some late, some from an instance that lost its partition
/// without knowing it; by this rule none of them makes a user step back. Copy it. Confined to one
/// thread.
class NewestLists {
 public:
  /// Takes a record of the lists' topic: its key, the headers `offset` and `epoch`, its value.
  /// Returns whether the list is news; if not, the one that is held stays.
  bool take(const std::string& user, std::int64_t offset, std::int64_t epoch, std::string list) {
    const std::pair position{offset, epoch};
    const auto [it, is_new] = lists_.try_emplace(user, position, list);
    if (is_new) return true;
    if (position <= it->second.first) return false;
    it->second = {position, std::move(list)};
    return true;
  }

  /// The list that holds; null = none has come.
  const std::string* list_of(const std::string& user) const {
    const auto it = lists_.find(user);
    return it == lists_.end() ? nullptr : &it->second.second;
  }

 private:
  std::map<std::string, std::pair<std::pair<std::int64_t, std::int64_t>, std::string>> lists_;
};
