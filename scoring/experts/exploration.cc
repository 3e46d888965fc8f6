#include "scoring/experts/exploration.h"

#include <algorithm>

#include "scoring/experts/top_list.h"
#include "scoring/network/split_mix.h"
#include "scoring/ranking/fast_log.h"

namespace freshet {
namespace {

/// The same for the same history, whoever computes it.
std::uint64_t seed_of(const Context& context) {
  std::uint64_t seed = context.steps.size();
  for (const ContextStep& step : context.steps) seed = SplitMix(seed ^ step.row).next();
  return seed;
}

}  // namespace

void ExplorationExpert::prepare(const Context& context, std::size_t rows) {
  pool_.clear();
  scores_.reset(rows);
  if (!able()) return;
  const std::uint64_t seed = seed_of(context);
  const std::span<const ItemRow> by_age = catalogue_.by_age();
  const std::size_t count = std::min(by_age.size(), config_.items_max);
  const std::span<const ItemRow> newest = by_age.last(count);
  float total = 0;
  for (std::size_t k = 0; k < count; ++k) {
    if (!is_new_item(newest[k], config_, popularity_, catalogue_)) continue;
    pool_.push_back({newest[k], draw(newest[k], count - k, seed)});
    total += pool_.back().score;
  }
  for (const ScoredRow& item : pool_) scores_.add(item.row, item.score / total);
}

/// A sum of 1 + events exponentials is Gamma distributed with that shape.
float ExplorationExpert::draw(ItemRow row, std::size_t items_since, std::uint64_t seed) const {
  SplitMix random(seed ^ row);
  float sum = 0;
  for (std::uint32_t k = 0; k <= popularity_.count(row); ++k) sum -= fast_log(1 - random.uniform());
  const float age = static_cast<float>(items_since) / static_cast<float>(config_.items_max);
  return sum / (1 + age);
}

void ExplorationExpert::candidates(std::size_t count, std::vector<ScoredRow>& best) {
  best.clear();
  for (const ScoredRow& item : pool_) best.push_back({item.row, scores_[item.row]});
  keep_best(best, count);
}

}  // namespace freshet
