#include "scoring/experts/popularity.h"

#include <algorithm>
#include <cmath>

namespace freshet {
namespace {

/// Counts are scaled down once one event weighs this much (a power of two, so nothing is rounded).
constexpr double kIncrementMax = 1U << 20;

/// Part of the probability spread evenly over the catalogue: no item is impossible.
constexpr float kUniformShare = 0.01F;

}  // namespace

Popularity::Popularity(const PopularityConfig& config) {
  for (const double half_life : config.half_lives) levels_.push_back({.half_life = half_life});
}

void Popularity::grow(std::size_t rows) {
  for (Level& level : levels_) level.scores.resize(rows, 0);
  items_.resize(rows);
}

void Popularity::observe(ItemRow row) {
  for (Level& level : levels_) {
    level.increment *= std::exp2(1 / level.half_life);
    level.total += level.increment;
    level.scores[row] += static_cast<float>(level.increment);
    if (level.increment >= kIncrementMax) rescale(level);
  }
  if (!levels_.empty()) top_.raise({row, levels_[main_level()].scores[row]});
  ++events_;
  Item& item = items_[row];
  if (++item.count == 1) item.first = events_;
  item.last = events_;
}

void Popularity::evict(std::span<const ItemRow> rows) {
  for (const ItemRow row : rows) {
    for (Level& level : levels_) {
      level.total = std::max(0.0, level.total - level.scores[row]);
      level.scores[row] = 0;
    }
    items_[row] = {};
  }
  rebuild_top();
}

double Popularity::slow_count(ItemRow row) const {
  return levels_.empty() ? 0 : levels_.back().scores[row] / levels_.back().increment;
}

double Popularity::slow_decay(std::uint64_t ago) const {
  return levels_.empty() ? 0 : std::exp2(-static_cast<double>(ago) / levels_.back().half_life);
}

void Popularity::rescale(Level& level) {
  level.increment /= kIncrementMax;
  level.total /= kIncrementMax;
  const auto factor = static_cast<float>(1 / kIncrementMax);
  for (float& score : level.scores) score *= factor;
  if (&level == &levels_[main_level()]) top_.scale(factor);
}

void Popularity::rebuild_top() {
  top_.clear();
  if (levels_.empty()) return;
  const std::vector<float>& scores = levels_[main_level()].scores;
  std::vector<ScoredRow> best;
  for (std::size_t row = 0; row < scores.size(); ++row)
    if (items_[row].count > 0) best.push_back({static_cast<ItemRow>(row), scores[row]});
  keep_best(best, kPopularMax);
  for (const ScoredRow& entry : best) top_.raise(entry);
}

void PopularityExpert::candidates(std::size_t count, std::vector<ScoredRow>& best) {
  best.clear();
  for (const ScoredRow& entry : popularity_.top()) {
    if (best.size() == count) return;
    best.push_back({entry.row, probability(entry.row)});
  }
}

float PopularityExpert::probability(ItemRow row) const {
  const float uniform = rows_ > 0 ? kUniformShare / static_cast<float>(rows_) : 0;
  return (1 - kUniformShare) * popularity_.share(popularity_.main_level(), row) + uniform;
}

}  // namespace freshet
