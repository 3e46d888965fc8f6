#include "scoring/learning/mixture_trainer.h"

#include <algorithm>
#include <cmath>

namespace freshet {
namespace {

/// Probability that no target is denied; bounds the loss.
constexpr float kProbabilityMin = 1e-7F;

}  // namespace

float MixtureTrainer::learn(std::size_t session_length, const PerSource& target_probabilities) {
  PerSource& weights = weights_.of[length_bucket(session_length)];
  const float total = mix(weights, target_probabilities);
  if (!std::isfinite(total)) return -std::log(kProbabilityMin);
  if (total > 0) {
    const auto rate = static_cast<float>(config_.learning_rate);
    for (std::size_t m = 0; m < kSourceCount; ++m) {
      const float responsibility = weights[m] * target_probabilities[m] / total;
      weights[m] += rate * (responsibility - weights[m]);
    }
    keep_floor(weights);
  }
  return -std::log(total + kProbabilityMin);
}

void MixtureTrainer::keep_floor(PerSource& weights) const {
  // What lies above the floor shares what the floors leave, so both conditions hold at once.
  const auto floor = static_cast<float>(config_.floor);
  float above = 0;
  for (const float weight : weights) above += std::max(weight - floor, 0.0F);
  const float left = 1 - floor * static_cast<float>(kSourceCount);
  for (float& weight : weights) weight = floor + std::max(weight - floor, 0.0F) * left / above;
}

}  // namespace freshet
