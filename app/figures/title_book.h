#pragma once

#include <shared_mutex>
#include <string>
#include <unordered_map>

#include "ingest/item_update.h"

namespace freshet {

/// Titles of the items, for people who look at lists. Thread-safe.
class TitleBook {
 public:
  /// `items_max`: further items are known by their ids alone.
  explicit TitleBook(std::size_t items_max) : items_max_(items_max) {}

  void update(const ItemUpdate& update);
  /// Empty = unknown.
  std::string title_of(ItemId item) const;

 private:
  const std::size_t items_max_;
  mutable std::shared_mutex mutex_;
  std::unordered_map<ItemId, std::string> titles_;
};

}  // namespace freshet
