#include "scoring/experts/content_expert.h"

#include <algorithm>

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
  origins_.clear();
  if (index_.empty()) return;
  float total = 0;
  const std::size_t count = std::min(kOriginsMax, context.distinct.size());
  for (std::size_t k = 0; k < count; ++k) total += context.distinct[k].weight(k);
  for (std::size_t k = 0; k < count; ++k) {
    index_.neighbours(context.distinct[k].row, nearest_);
    std::erase_if(nearest_,
                  [this](const ScoredRow& near) { return !catalogue_.available(near.row); });
    if (nearest_.empty()) continue;
    const float weight = context.distinct[k].weight(k) / total;
    origins_.push_back({context.distinct[k].row, weight});
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

ItemRow ContentExpert::because_of(ItemRow row) const {
  ItemRow best = kNoRow;
  float most = 0;
  std::vector<ScoredRow> nearest;
  for (const ScoredRow& origin : origins_) {
    index_.neighbours(origin.row, nearest);
    for (const ScoredRow& near : nearest) {
      if (near.row != row || origin.score * strength(near.score) <= most) continue;
      most = origin.score * strength(near.score);
      best = origin.row;
    }
  }
  return best;
}

}  // namespace freshet
