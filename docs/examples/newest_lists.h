#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>

/// Which list of a user: the headers `offset`, `epoch` and `revision` of a record of the lists'
/// topic. Compared in this order; larger is newer.
struct ListVersion {
  std::int64_t offset = -1;
  std::int64_t epoch = 0;
  std::int64_t revision = 0;

  friend auto operator<=>(const ListVersion&, const ListVersion&) = default;
};

/// The consumer's side of the lists' rule: of each user the list with the largest (offset, epoch,
/// revision) holds. Lists come at least once, some late, some from an instance that lost its
/// partition without knowing it; by this rule none of them makes a user step back. A record without
/// a value says that the user is forgotten: lists up to its offset go, and lists of older epochs,
/// which may not know of it, do not count any more. Copy it. Confined to one thread.
class NewestLists {
 public:
  /// Takes a record of the lists' topic: its key, its version, its value. Returns whether the list
  /// is news; if not, the one that is held stays.
  bool take(const std::string& user, ListVersion version, std::string list) {
    const auto [it, is_new] = users_.try_emplace(user);
    Held& held = it->second;
    if (!is_new && (version <= held.version || version.epoch < held.epoch_min)) return false;
    held.version = version;
    held.list = std::move(list);
    return true;
  }

  /// Takes a record without a value: its key, the headers `offset` and `epoch`. Returns whether it
  /// is news; if not, what is held stays.
  bool forget(const std::string& user, std::int64_t offset, std::int64_t epoch) {
    Held& held = users_[user];
    if (epoch < held.epoch_min) return false;
    held.epoch_min = epoch;
    // Newer than every list of the same offset and epoch.
    const ListVersion version{offset, epoch, std::numeric_limits<std::int64_t>::max()};
    if (version < held.version && held.version.epoch >= epoch) return false;
    held.version = version;
    held.list.reset();
    return true;
  }

  /// The list that holds; null = none has come.
  const std::string* list_of(const std::string& user) const {
    const auto it = users_.find(user);
    return it == users_.end() || !it->second.list ? nullptr : &*it->second.list;
  }

 private:
  struct Held {
    ListVersion version;
    std::int64_t epoch_min = 0;       // Of a user who was forgotten.
    std::optional<std::string> list;  // Empty = it was removed.
  };
  std::map<std::string, Held> users_;
};
