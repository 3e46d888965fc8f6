#include "scoring/experts/content_expert.h"

#include <algorithm>
#include <array>
#include <span>

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
  origin_count_ = index_.empty() ? 0 : std::min(kOriginsMax + 1, context.distinct.size());
  const std::span<const DistinctItem> newest = std::span(context.distinct).first(origin_count_);
  leave_one_out_.prepare(newest, kOriginsMax, false);
  if (origins_.size() < origin_count_) origins_.resize(origin_count_);
  for (std::size_t k = 0; k < origin_count_; ++k) find_nearest(newest[k].row, origins_[k]);
  const std::size_t count = std::min(kOriginsMax, origin_count_);
  float total = 0;
  for (std::size_t k = 0; k < count; ++k) total += newest[k].weight(k);
  for (std::size_t k = 0; k < count; ++k) {
    const float weight = newest[k].weight(k) / total;
    for (const ScoredRow& near : origins_[k].nearest)
      scores_.add(near.row, weight * strength(near.score) / origins_[k].strength);
  }
}

void ContentExpert::candidates(std::size_t count, std::vector<ScoredRow>& best) {
  best.clear();
  for (const ItemRow row : scores_.touched()) best.push_back({row, scores_[row]});
  keep_best(best, count);
}

void ContentExpert::add_influences(ItemRow row, std::vector<Influence>& influences) {
  std::array<float, kOriginsMax + 1> rates{};
  for (std::size_t k = 0; k < origin_count_; ++k)
    for (const ScoredRow& near : origins_[k].nearest)
      if (near.row == row) rates[k] = strength(near.score) / origins_[k].strength;
  leave_one_out_.add_influences(rates, influences);
}

void ContentExpert::find_nearest(ItemRow row, Origin& origin) {
  index_.neighbours(row, origin.nearest);
  std::erase_if(origin.nearest,
                [this](const ScoredRow& near) { return !catalogue_.available(near.row); });
  origin.strength = kStrengthPrior;
  for (const ScoredRow& near : origin.nearest) origin.strength += strength(near.score);
}

}  // namespace freshet
