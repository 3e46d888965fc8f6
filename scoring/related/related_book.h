#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include "scoring/answers.h"

namespace freshet {

/// Items with their weights, in no particular order.
using WeightedItems = std::vector<std::pair<ItemId, float>>;

/// How different two lists are: 1 - weighted Jaccard (Ruzicka) similarity, 1 - Σ min(a, b) / Σ
/// max(a, b) over all items, an absent one weighing 0. 0 = equal, 1 = nothing in common. Weights
/// must be positive.
float change_between(const WeightedItems& before, const WeightedItems& now);

/// What was written of each item last, to tell when it has changed enough to be written again.
/// Bounded. Confined to one thread.
class RelatedBook {
 public:
  /// `change_min`: see RelatedTopicConfig. Of more than `items_max` items nothing is written.
  RelatedBook(double change_min, std::size_t items_max)
      : change_min_(static_cast<float>(change_min)), items_max_(items_max) {}

  /// Whether the item's record should be written (anew): it has none yet, or lists that differ by
  /// `change_min` or more. An item with nothing beside it has no record.
  bool is_news(const ItemRelations& relations) const;
  /// The record was handed over.
  void written(const ItemRelations& relations);
  /// The item has no record any more.
  void erase(ItemId item) { written_.erase(item); }
  bool contains(ItemId item) const { return written_.contains(item); }

  /// The item with a record that follows `item` in some fixed order; the first one for none.
  std::optional<ItemId> after(std::optional<ItemId> item) const;
  const std::string& name_of(ItemId item) const { return written_.at(item).name; }

  std::size_t size() const { return written_.size(); }
  void clear() { written_.clear(); }

 private:
  struct Written {
    std::string name;
    WeightedItems related;
    WeightedItems bundle;
  };

  const float change_min_;
  const std::size_t items_max_;
  std::map<ItemId, Written> written_;
};

}  // namespace freshet
