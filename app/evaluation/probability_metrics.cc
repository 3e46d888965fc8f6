#include "app/evaluation/probability_metrics.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace freshet {
namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

// Floats of one sign are ordered as their bits are; without the last 12 there are 11 of the
// fraction left.
constexpr int kBitsDropped = 12;

std::uint32_t score_of(float probability) {
  return std::bit_cast<std::uint32_t>(probability) >> kBitsDropped;
}

/// NaN, which no comparison holds for, becomes 0.
float within_0_and_1(float probability) {
  return probability > 0 ? std::min(probability, 1.0F) : 0.0F;
}

/// Bin m holds ((m / bins), (m + 1) / bins]; the first holds 0, too.
std::size_t bin_of(float probability) {
  const double place = std::ceil(static_cast<double>(probability) *
                                 static_cast<double>(ProbabilityTotals::kCalibrationBins));
  return static_cast<std::size_t>(std::max(place, 1.0)) - 1;
}

}  // namespace

ProbabilityTotals::ProbabilityTotals() : scores_(score_of(1.0F) + 1) {}

void ProbabilityTotals::add_listed(float probability, bool hit) {
  probability = within_0_and_1(probability);
  Score& score = scores_[score_of(probability)];
  Bin& bin = bins_[bin_of(probability)];
  ++(hit ? score.hits : score.misses);
  ++bin.items;
  bin.hits += hit ? 1 : 0;
  bin.probability_sum += probability;
}

void ProbabilityTotals::add_target(float probability) {
  ++targets_;
  loss_sum_ -= std::log(std::max<double>(within_0_and_1(probability), kProbabilityMin));
}

double ProbabilityTotals::auc() const {
  double hits = 0;
  double misses_below = 0;
  double pairs_won = 0;
  for (const Score& score : scores_) {
    const auto misses = static_cast<double>(score.misses);
    pairs_won += static_cast<double>(score.hits) * (misses_below + misses / 2);
    hits += static_cast<double>(score.hits);
    misses_below += misses;
  }
  return hits > 0 && misses_below > 0 ? pairs_won / (hits * misses_below) : kUndefined;
}

double ProbabilityTotals::log_loss() const {
  return targets_ > 0 ? loss_sum_ / static_cast<double>(targets_) : kUndefined;
}

double ProbabilityTotals::calibration_error() const {
  double items = 0;
  double gaps = 0;
  for (const Bin& bin : bins_) {
    items += static_cast<double>(bin.items);
    gaps += std::abs(static_cast<double>(bin.hits) - bin.probability_sum);
  }
  return items > 0 ? gaps / items : kUndefined;
}

}  // namespace freshet
