#include "scoring/experts/content_expert.h"

#include <algorithm>

#include "scoring/experts/leave_one_out.h"
#include "scoring/experts/top_list.h"

namespace freshet {
namespace {

/// Newest distinct items whose neighbours are asked.
constexpr std::size_t kOriginsMax = 4;

/// What a neighbour counts for: near ones far more than distant ones.
float strength(float cosine) { return cosine * cosine; }

/// Keeps an item with few or distant neighbours from being sure of them.
constexpr float kStrengthPrior = 0.5F;

}  // namespace

void ContentExpert::prepare(const Context& context, std::size_t rows) {
  scores_.reset(rows);
  newest_.clear();
  if (index_.empty()) return;
  const std::size_t count = std::min(kOriginsMax, context.distinct.size());
  newest_.assign(context.distinct.begin(),
                 context.distinct.begin() +
                     static_cast<std::ptrdiff_t>(std::min(count + 1, context.distinct.size())));
  float total = 0;
  for (std::size_t k = 0; k < count; ++k) total += context.distinct[k].weight(k);
  for (std::size_t k = 0; k < count; ++k) {
    find_nearest(context.distinct[k].row);
    const float weight = context.distinct[k].weight(k) / total;
    float sum = kStrengthPrior;
    for (const ScoredRow& near : nearest_) sum += strength(near.score);
    for (const ScoredRow& near : nearest_)
      scores_.add(near.row, weight * strength(near.score) / sum);
  }
}

void ContentExpert::candidates(std::size_t count, std::vector<ScoredRow>& best) {
  best.clear();
  for (const ItemRow row : scores_.touched()) best.push_back({row, scores_[row]});
  keep_best(best, count);
}

void ContentExpert::influences_on(ItemRow row, std::vector<Influence>& influences) {
  std::vector<Origin> origins;
  for (const DistinctItem& item : newest_) {
    find_nearest(item.row);
    Origin& origin = origins.emplace_back(Origin{.item = item});
    float sum = kStrengthPrior;
    for (const ScoredRow& near : nearest_) sum += strength(near.score);
    for (const ScoredRow& near : nearest_)
      if (near.row == row) origin.rate = strength(near.score) / sum;
  }
  leave_one_out(origins, kOriginsMax, false, influences);
}

void ContentExpert::find_nearest(ItemRow row) {
  index_.neighbours(row, nearest_);
  std::erase_if(nearest_,
                [this](const ScoredRow& near) { return !catalogue_.available(near.row); });
}

}  // namespace freshet
