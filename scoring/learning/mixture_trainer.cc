#include "scoring/learning/mixture_trainer.h"

#include <algorithm>
#include <cmath>

namespace freshet {
namespace {

/// Probability that no target is denied; bounds the loss.
constexpr float kProbabilityMin = 1e-7F;

float sum_of(const PerSource& weights, const SourceSet& awake) {
  float sum = 0;
  for (std::size_t m = 0; m < kSourceCount; ++m) sum += awake[m] ? weights[m] : 0;
  return sum;
}

}  // namespace

float MixtureTrainer::learn(std::size_t cell, const PerSource& target_probabilities,
                            const SourceSet& awake) {
  const float loss = move(weights_.of[cell], target_probabilities, awake);
  ++events_[cell];
  for (std::size_t other = cell % kLengthBuckets; other < kMixtureCells; other += kLengthBuckets)
    if (other != cell && events_[other] < kOwnEventsMin)
      move(weights_.of[other], target_probabilities, awake);
  return loss;
}

PerSource MixtureTrainer::mean_weights(const SourceSet& able) const {
  PerSource mean{};
  for (std::size_t cell = 0; cell < kMixtureCells; ++cell) {
    const float share = group_share(cell / kLengthBuckets) / static_cast<float>(kLengthBuckets);
    const PerSource weights = awake_weights(weights_.of[cell], able);
    for (std::size_t m = 0; m < kSourceCount; ++m) mean[m] += share * weights[m];
  }
  return mean;
}

/// Share of the events learned that came after an action of the group; all after a click while
/// there are none.
float MixtureTrainer::group_share(std::size_t group) const {
  std::uint64_t all = 0, own = 0;
  for (std::size_t cell = 0; cell < kMixtureCells; ++cell) {
    all += events_[cell];
    if (cell / kLengthBuckets == group) own += events_[cell];
  }
  if (all == 0) return group == 0 ? 1 : 0;
  return static_cast<float>(own) / static_cast<float>(all);
}

/// Returns -log p before learning.
float MixtureTrainer::move(PerSource& weights, const PerSource& target_probabilities,
                           const SourceSet& awake) const {
  const PerSource said = awake_weights(weights, awake);
  const float total = mix(said, target_probabilities);
  if (!std::isfinite(total)) return -std::log(kProbabilityMin);
  if (total > 0 && rate_ > 0) {
    const auto rate = static_cast<float>(rate_ * config_.learning_rate);
    const float together = sum_of(weights, awake);
    for (std::size_t m = 0; m < kSourceCount; ++m) {
      if (!awake[m]) continue;
      // The awake experts share among themselves what they had together.
      const float responsibility = together * said[m] * target_probabilities[m] / total;
      weights[m] += rate * (responsibility - weights[m]);
    }
    keep_floor(weights, awake);
  }
  return -std::log(total + kProbabilityMin);
}

void MixtureTrainer::keep_floor(PerSource& weights, const SourceSet& awake) const {
  // What lies above the floor shares what the floors leave, so both conditions hold at once.
  const float together = sum_of(weights, awake);
  const float floor = together * static_cast<float>(config_.floor);
  float above = 0;
  for (std::size_t m = 0; m < kSourceCount; ++m)
    if (awake[m]) above += std::max(weights[m] - floor, 0.0F);
  const float left = together - floor * static_cast<float>(awake.count());
  if (!(above > 0)) return;
  for (std::size_t m = 0; m < kSourceCount; ++m)
    if (awake[m]) weights[m] = floor + std::max(weights[m] - floor, 0.0F) * left / above;
}

}  // namespace freshet
