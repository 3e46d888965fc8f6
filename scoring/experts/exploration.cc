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
  const std::size_t oldest = rows - std::min(rows, config_.items_max);
  float total = 0;
  for (std::size_t row = oldest; row < rows; ++row) {
    if (!is_new(static_cast<ItemRow>(row))) continue;
    pool_.push_back({static_cast<ItemRow>(row), draw(static_cast<ItemRow>(row), rows, seed)});
    total += pool_.back().score;
  }
  for (const ScoredRow& item : pool_) scores_.add(item.row, item.score / total);
}

bool ExplorationExpert::is_new(ItemRow row) const {
  return popularity_.count(row) < config_.events_max && catalogue_.content(row) != nullptr &&
         catalogue_.available(row);
}

/// A sum of 1 + events exponentials is Gamma distributed with that shape.
float ExplorationExpert::draw(ItemRow row, std::size_t rows, std::uint64_t seed) const {
  SplitMix random(seed ^ row);
  float sum = 0;
  for (std::uint32_t k = 0; k <= popularity_.count(row); ++k) sum -= fast_log(1 - random.uniform());
  const float age = static_cast<float>(rows - row) / static_cast<float>(config_.items_max);
  return sum / (1 + age);
}

void ExplorationExpert::candidates(std::size_t count, std::vector<ScoredRow>& best) {
  best.clear();
  for (const ScoredRow& item : pool_) best.push_back({item.row, scores_[item.row]});
  keep_best(best, count);
}

}  // namespace freshet
