#include "app/evaluation/list_metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace freshet {
namespace {

using CategoryShares = absl::flat_hash_map<std::uint64_t, double>;

/// Weight of the history's distribution in the list's, so that no share is 0 (Steck's α).
constexpr double kSmoothing = 0.01;

CategoryShares shares_of(std::span<const ItemId> items, const CategoriesOf& categories_of) {
  CategoryShares shares;
  double sum = 0;
  for (const ItemId item : items) {
    const ItemCategories categories = categories_of(item);
    const auto end = std::find(categories.begin(), categories.end(), 0);
    for (auto category = categories.begin(); category != end; ++category)
      shares[*category] += 1 / static_cast<double>(end - categories.begin());
    sum += end == categories.begin() ? 0 : 1;
  }
  for (auto& [category, share] : shares) share /= sum;
  return shares;
}

}  // namespace

double intra_list_diversity(std::span<const ItemId> list, const Similarity& similarity) {
  double sum = 0;
  double pairs = 0;
  for (std::size_t a = 0; a < list.size(); ++a) {
    for (std::size_t b = a + 1; b < list.size(); ++b) {
      sum += 1 - similarity(list[a], list[b]);
      ++pairs;
    }
  }
  return pairs > 0 ? sum / pairs : 0;
}

double calibration_divergence(std::span<const ItemId> history, std::span<const ItemId> list,
                              const CategoriesOf& categories_of) {
  const CategoryShares wanted = shares_of(history, categories_of);
  const CategoryShares shown = shares_of(list, categories_of);
  if (wanted.empty() || shown.empty()) return std::numeric_limits<double>::quiet_NaN();
  double divergence = 0;
  for (const auto& [category, p] : wanted) {
    const auto found = shown.find(category);
    const double q = found == shown.end() ? 0 : found->second;
    divergence += p * std::log(p / ((1 - kSmoothing) * q + kSmoothing * p));
  }
  return divergence;
}

double serendipity_of_hit(std::size_t rank, std::size_t popularity_place, std::size_t items,
                          std::size_t k) {
  const auto count = static_cast<double>(items);
  const auto probability_at = [count](std::size_t place) {
    return (count + 1 - static_cast<double>(place)) / count;
  };
  const double for_anyone = popularity_place == 0 ? 0 : probability_at(popularity_place);
  return std::max(0.0, probability_at(1 + rank) - for_anyone) / static_cast<double>(k);
}

double surprise_of_hit(ItemId target, std::span<const ItemId> popular,
                       std::span<const ItemId> history, const Similarity& similarity) {
  if (std::find(popular.begin(), popular.end(), target) != popular.end()) return 0;
  double nearest = 0;
  if (similarity) {
    for (const ItemId item : history) nearest = std::max(nearest, similarity(target, item));
  }
  return 1 - nearest;
}

void ExposureTotals::add(std::span<const ItemId> list) {
  for (std::size_t rank = 0; rank < list.size(); ++rank) {
    Exposure& exposure = items_[list[rank]];
    ++exposure.lists;
    exposure.best_rank = std::min(exposure.best_rank, rank);
  }
}

double ExposureTotals::coverage(std::size_t k, std::size_t items) const {
  if (items == 0) return 0;
  const auto shown = std::count_if(items_.begin(), items_.end(),
                                   [k](const auto& entry) { return entry.second.best_rank < k; });
  return static_cast<double>(shown) / static_cast<double>(items);
}

double ExposureTotals::gini(std::size_t items) const {
  std::vector<std::uint64_t> lists;
  lists.reserve(items_.size());
  for (const auto& [item, exposure] : items_) lists.push_back(exposure.lists);
  std::sort(lists.begin(), lists.end());
  const auto count = static_cast<double>(std::max(items, lists.size()));
  // Items never listed come first and add nothing.
  double place = count - static_cast<double>(lists.size());
  double weighted = 0;
  double sum = 0;
  for (const std::uint64_t times : lists) {
    ++place;
    weighted += (2 * place - count - 1) * static_cast<double>(times);
    sum += static_cast<double>(times);
  }
  return sum > 0 ? weighted / (count * sum) : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace freshet
