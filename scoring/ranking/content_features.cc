#include "scoring/ranking/content_features.h"

#include <algorithm>
#include <cmath>

#include "scoring/ranking/fast_log.h"
#include "scoring/ranking/features.h"

namespace freshet {
namespace {

/// Distinct items that a candidate is compared with.
constexpr std::size_t kItemsMax = 8;

/// Items with fewer events are cold.
constexpr std::uint32_t kColdEvents = 5;

constexpr float kPriceRatioMax = 5;

float* block_of(CandidateSet& set, std::size_t j) {
  return &set.features[j * kFeatureCount + kContentFeaturesBegin];
}

float shared_levels(const ContentTraits& a, const ContentTraits& b) {
  std::size_t depth = 0;
  while (depth < ContentTraits::kLevelsMax && a.category[depth] != 0 &&
         a.category[depth] == b.category[depth])
    ++depth;
  return static_cast<float>(depth);
}

float price_ratio(float price, float other) {
  if (!(price > 0) || !(other > 0)) return 0;
  return std::clamp(std::log(price / other), -kPriceRatioMax, kPriceRatioMax);
}

}  // namespace

void ContentFeatures::fill(const Context& context, CandidateSet& set) {
  candidate_slots_.clear();
  for (const ItemRow row : set.rows) candidate_slots_.push_back(index_.vectors().slot_of(row));
  fill_experts(set);
  fill_last(context, set);
  fill_second(context, set);
  fill_best(context, set);
}

void ContentFeatures::fill_experts(CandidateSet& set) {
  const std::size_t content = index_of(Source::kContent);
  for (std::size_t j = 0; j < set.rows.size(); ++j) {
    float* block = block_of(set, j);
    block[kLogContent] = fast_log(set.probabilities[j][content] + 1e-6F);
    block[kRankContent] = fast_log(1 + set.ranks[j][content]);
    block[kFewEvents] = popularity_.count(set.rows[j]) < kColdEvents ? 1 : 0;
  }
}

void ContentFeatures::fill_last(const Context& context, CandidateSet& set) {
  if (context.empty()) return;
  const ContentSlot last = index_.vectors().slot_of(context.distinct[0].row);
  if (last == kNoSlot) return;
  index_.take(query_, last);
  const ContentTraits& traits = index_.vectors().traits(last);
  for (std::size_t j = 0; j < set.rows.size(); ++j) {
    if (candidate_slots_[j] == kNoSlot) continue;
    const ContentTraits& other = index_.vectors().traits(candidate_slots_[j]);
    float* block = block_of(set, j);
    block[kContentLast] = block[kContentBest] = query_.cosine(candidate_slots_[j]);
    block[kCategoryDepth] = block[kCategoryBest] = shared_levels(traits, other);
    block[kSameBrand] = traits.brand != 0 && traits.brand == other.brand ? 1 : 0;
    block[kPriceRatio] = price_ratio(other.price, traits.price);
  }
}

void ContentFeatures::fill_second(const Context& context, CandidateSet& set) {
  if (context.distinct.size() < 2) return;
  const ContentSlot second = index_.vectors().slot_of(context.distinct[1].row);
  if (second == kNoSlot) return;
  index_.take(query_, second);
  for (std::size_t j = 0; j < set.rows.size(); ++j) {
    if (candidate_slots_[j] == kNoSlot) continue;
    float* block = block_of(set, j);
    block[kContentSecond] = query_.cosine(candidate_slots_[j]);
    block[kContentBest] = std::max(block[kContentBest], block[kContentSecond]);
  }
}

void ContentFeatures::fill_best(const Context& context, CandidateSet& set) {
  const std::size_t items = std::min(kItemsMax, context.distinct.size());
  for (std::size_t t = 1; t < items; ++t) {
    const ContentSlot slot = index_.vectors().slot_of(context.distinct[t].row);
    if (slot == kNoSlot) continue;
    const ContentTraits& traits = index_.vectors().traits(slot);
    for (std::size_t j = 0; j < set.rows.size(); ++j) {
      if (candidate_slots_[j] == kNoSlot) continue;
      float& best = block_of(set, j)[kCategoryBest];
      best = std::max(best, shared_levels(traits, index_.vectors().traits(candidate_slots_[j])));
    }
  }
  if (items <= 2) return;
  for (std::size_t j = 0; j < set.rows.size(); ++j) {
    if (set.rows[j] >= places_.size()) places_.resize(set.rows[j] + std::size_t{1}, 0);
    places_[set.rows[j]] = static_cast<std::uint16_t>(j + 1);
  }
  for (std::size_t t = 2; t < items; ++t) fill_neighbours(context.distinct[t].row, set);
  for (const ItemRow row : set.rows) places_[row] = 0;
}

void ContentFeatures::fill_neighbours(ItemRow item, CandidateSet& set) {
  index_.neighbours(item, nearest_);
  for (const ScoredRow& near : nearest_) {
    if (near.row >= places_.size() || places_[near.row] == 0) continue;
    float& best = block_of(set, places_[near.row] - 1U)[kContentBest];
    best = std::max(best, near.score);
  }
}

}  // namespace freshet
