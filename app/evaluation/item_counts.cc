#include "app/evaluation/item_counts.h"

#include <algorithm>
#include <iterator>

namespace freshet {

void ItemCounts::add(ItemId item) {
  ++events_;
  const std::uint64_t before = counts_[item]++;
  ++items_with_[before + 1];
  const auto old_count = items_with_.find(before);
  if (old_count != items_with_.end() && --old_count->second == 0) items_with_.erase(old_count);
}

std::uint64_t ItemCounts::events(ItemId item) const {
  const auto found = counts_.find(item);
  return found == counts_.end() ? 0 : found->second;
}

double ItemCounts::share(ItemId item) const {
  return static_cast<double>(std::max<std::uint64_t>(events(item), 1)) /
         static_cast<double>(std::max<std::uint64_t>(events_, 1));
}

std::size_t ItemCounts::place(ItemId item) const {
  const std::uint64_t count = events(item);
  if (count == 0) return 0;
  return 1 + static_cast<std::size_t>(std::distance(items_with_.begin(), items_with_.find(count)));
}

}  // namespace freshet
