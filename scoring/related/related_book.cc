#include "scoring/related/related_book.h"

#include <algorithm>

namespace freshet {
namespace {

WeightedItems weights_of(const std::vector<RankedItem>& items) {
  WeightedItems weights;
  weights.reserve(items.size());
  for (const RankedItem& item : items) weights.emplace_back(item.id, item.score);
  return weights;
}

WeightedItems weights_of(const Bundle& bundle) {
  WeightedItems weights;
  weights.reserve(bundle.items.size());
  for (const BundleItem& item : bundle.items) weights.emplace_back(item.id, item.lift);
  return weights;
}

}  // namespace

float change_between(const WeightedItems& before, const WeightedItems& now) {
  float common = 0;
  float all = 0;
  for (const auto& [item, weight] : before) all += weight;
  for (const auto& [item, weight] : now) {
    const auto same = std::find_if(before.begin(), before.end(),
                                   [id = item](const auto& other) { return other.first == id; });
    const float old = same == before.end() ? 0 : same->second;
    common += std::min(old, weight);
    all += std::max(old, weight) - old;
  }
  return all > 0 ? 1 - common / all : 0;
}

bool RelatedBook::is_news(const ItemRelations& relations) const {
  const auto known = written_.find(relations.id);
  if (known == written_.end()) {
    const bool is_empty = relations.related.empty() && relations.bundle.items.empty();
    return !is_empty && written_.size() < items_max_;
  }
  const float change =
      std::max(change_between(known->second.related, weights_of(relations.related)),
               change_between(known->second.bundle, weights_of(relations.bundle)));
  return change > 0 && change >= change_min_;
}

void RelatedBook::written(const ItemRelations& relations) {
  written_[relations.id] = {relations.name, weights_of(relations.related),
                            weights_of(relations.bundle)};
}

std::optional<ItemId> RelatedBook::after(std::optional<ItemId> item) const {
  const auto next = item ? written_.upper_bound(*item) : written_.begin();
  return next == written_.end() ? std::nullopt : std::optional(next->first);
}

}  // namespace freshet
