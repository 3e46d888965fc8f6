#include "scoring/learning/second_stage_trainer.h"

#include <algorithm>
#include <cmath>

#include "scoring/ranking/vector_clones.h"

namespace freshet {
namespace {

/// The moments' rate never falls below this, so that they follow a stream that drifts.
constexpr float kMomentRateMin = 0.0005F;
/// Features that vary less are constant.
constexpr float kVarianceMin = 1e-8F;
/// Candidates whose gradient is smaller move nothing.
constexpr float kGradientMin = 1e-4F;

/// Steps that the averaged weights remember; while young, a tenth of all steps so far.
constexpr float kAverageSteps = 1'000;
constexpr float kAverageYoung = 10;

constexpr float kAdamMeanDecay = 0.9F;
constexpr float kAdamSquareDecay = 0.999F;
constexpr float kAdamEpsilon = 1e-8F;

/// Sums of the features and of their squared distances from `mean`, over all candidates.
FRESHET_VECTOR_CLONES
void sum_moments(const float* features, std::size_t count, std::size_t used, const float* mean,
                 float* sum, float* square_sum) {
  for (std::size_t j = 0; j < count; ++j) {
    for (std::size_t f = 0; f < used; ++f) {
      const float distance = features[j * kFeatureCount + f] - mean[f];
      sum[f] += distance;
      square_sum[f] += distance * distance;
    }
  }
}

/// The gradient of w, b and v from one candidate; `hidden_gradient` = d loss / d (W x + b).
FRESHET_VECTOR_CLONES
void add_candidate(const SecondStageWeights& weights, const float* inputs, std::size_t used,
                   const float* hiddens, float slope, float* hidden_gradient, float* gradient) {
  const std::size_t hidden = weights.hidden;
  const float* outer = weights.outer();
  float* inner_bias = gradient + kFeatureCount + kFeatureCount * hidden;
  float* outer_gradient = inner_bias + hidden;
  for (std::size_t h = 0; h < hidden; ++h) {
    hidden_gradient[h] = hiddens[h] > 0 ? slope * outer[h] : 0;
    inner_bias[h] += hidden_gradient[h];
    outer_gradient[h] += slope * hiddens[h];
  }
  for (std::size_t f = 0; f < used; ++f) gradient[f] += slope * inputs[f];
}

/// Features whose gradients are summed side by side: as many sums run at a time.
constexpr std::size_t kFeaturesSideBySide = 6;

/// Adds hidden gradients times inputs to the gradients of kCount features' weights.
template <std::size_t kCount>
inline __attribute__((always_inline)) void add_inner_of(std::size_t hidden,
                                                        const float* const* inputs,
                                                        std::size_t feature,
                                                        const float* hidden_gradients,
                                                        std::size_t count, float* inner) {
  std::size_t h = 0;
  for (; h + kFloatBlock <= hidden; h += kFloatBlock) {
    FloatBlock sums[kCount], part;
    for (std::size_t f = 0; f < kCount; ++f)
      load_block(sums[f], inner + (feature + f) * hidden + h);
    for (std::size_t j = 0; j < count; ++j) {
      load_block(part, hidden_gradients + j * hidden + h);
#pragma GCC unroll 6
      for (std::size_t f = 0; f < kCount; ++f) sums[f] += inputs[j][feature + f] * part;
    }
    for (std::size_t f = 0; f < kCount; ++f)
      store_block(inner + (feature + f) * hidden + h, sums[f]);
  }
  for (; h < hidden; ++h)
    for (std::size_t j = 0; j < count; ++j)
      for (std::size_t f = 0; f < kCount; ++f)
        inner[(feature + f) * hidden + h] +=
            inputs[j][feature + f] * hidden_gradients[j * hidden + h];
}

/// The gradient of W from all candidates at once: hidden gradients [count, hidden] times their
/// inputs, so that each weight's gradient is read and written once.
FRESHET_VECTOR_CLONES
void add_inner(std::size_t hidden, const float* const* inputs, std::size_t used,
               const float* hidden_gradients, std::size_t count, float* inner) {
  std::size_t f = 0;
  for (; f + kFeaturesSideBySide <= used; f += kFeaturesSideBySide)
    add_inner_of<kFeaturesSideBySide>(hidden, inputs, f, hidden_gradients, count, inner);
  for (; f < used; ++f) add_inner_of<1>(hidden, inputs, f, hidden_gradients, count, inner);
}

FRESHET_VECTOR_CLONES
void adam(float* values, float* gradient, float* mean, float* square, std::size_t count,
          float scale, float rate, float square_correction) {
  for (std::size_t k = 0; k < count; ++k) {
    const float g = gradient[k] * scale;
    mean[k] = kAdamMeanDecay * mean[k] + (1 - kAdamMeanDecay) * g;
    square[k] = kAdamSquareDecay * square[k] + (1 - kAdamSquareDecay) * g * g;
    values[k] -= rate * mean[k] / (std::sqrt(square[k] * square_correction) + kAdamEpsilon);
    gradient[k] = 0;
  }
}

}  // namespace

SecondStageTrainer::SecondStageTrainer(const SecondStageConfig& config, std::uint64_t seed)
    : config_(config) {
  if (!config.enabled) return;
  weights_ = SecondStageWeights::fresh(config.hidden, seed);
  average_ = weights_;
  variance_.assign(kFeatureCount, 0);
  gradient_.assign(weights_.values.size(), 0);
  adam_mean_ = adam_square_ = gradient_;
}

void SecondStageTrainer::observe(const CandidateSet& set) {
  if (!enabled() || set.rows.empty()) return;
  float sum[kFeatureCount] = {};
  float square_sum[kFeatureCount] = {};
  sum_moments(set.features.data(), set.rows.size(), set.features_used, weights_.mean.data(), sum,
              square_sum);
  const auto count = static_cast<float>(set.rows.size());
  float rate = std::max(1 / static_cast<float>(++moment_events_), kMomentRateMin);
  for (std::size_t f = 0; f < set.features_used; ++f) {
    // Content may come later than events: its moments start when it does.
    if (f == kContentFeaturesBegin)
      rate = std::max(1 / static_cast<float>(++content_moment_events_), kMomentRateMin);
    if (!std::isfinite(square_sum[f])) continue;
    const float shift = rate * sum[f] / count;
    weights_.mean[f] += shift;
    // Exponentially weighted variance (Finch 2009): the mean's own move is taken out again.
    variance_[f] =
        std::max((1 - rate) * variance_[f] + rate * square_sum[f] / count - shift * shift, 0.0F);
    weights_.inverse_std[f] = variance_[f] > kVarianceMin ? 1 / std::sqrt(variance_[f]) : 0;
  }
  average_.mean = weights_.mean;
  average_.inverse_std = weights_.inverse_std;
}

SecondStageTrainer::Outcome SecondStageTrainer::rank(const CandidateSet& set, std::size_t target) {
  if (!score_candidates(average_, set, average_pass_))
    return {.rank = set.rows.size(), .finite = false};
  const std::vector<float>& scores = average_pass_.scores;
  const float score = scores[target];
  std::size_t rank = 0;
  for (std::size_t j = 0; j < scores.size(); ++j)
    if (scores[j] > score || (scores[j] == score && j < target)) ++rank;
  const float probability = std::exp(score - log_normalizer(set, scores));
  return {rank, probability};
}

SecondStageTrainer::Outcome SecondStageTrainer::learn(const CandidateSet& set, std::size_t target,
                                                      GradientGate& gate) {
  const Outcome outcome = rank(set, target);
  if (!outcome.finite) return outcome;
  if (!score_candidates(weights_, set, pass_)) return {.rank = set.rows.size(), .finite = false};
  add_gradient(set, target);
  if (++gradient_events_ == kGradientEvents) step(gate);
  return outcome;
}

void SecondStageTrainer::add_gradient(const CandidateSet& set, std::size_t target) {
  const float highest = *std::max_element(pass_.scores.begin(), pass_.scores.end());
  float total = 0;
  for (float& score : pass_.scores) {
    score = std::exp(score - highest);
    total += score;
  }
  const std::size_t hidden = weights_.hidden;
  hidden_gradients_.resize(set.rows.size() * hidden);
  moving_.clear();
  for (std::size_t j = 0; j < set.rows.size(); ++j) {
    const float slope = pass_.scores[j] / total - (j == target ? 1.0F : 0.0F);
    if (std::abs(slope) < kGradientMin) continue;
    const float* inputs = &pass_.inputs[j * kFeatureCount];
    add_candidate(weights_, inputs, set.features_used, &pass_.hiddens[j * hidden], slope,
                  &hidden_gradients_[moving_.size() * hidden], gradient_.data());
    moving_.push_back(inputs);
  }
  add_inner(hidden, moving_.data(), set.features_used, hidden_gradients_.data(), moving_.size(),
            gradient_.data() + kFeatureCount);
}

void SecondStageTrainer::step(GradientGate& gate) {
  const float mean = 1.0F / static_cast<float>(gradient_events_);
  gradient_events_ = 0;
  const float passed = gate.admit(gradient_, mean);
  if (passed == 0) return std::fill(gradient_.begin(), gradient_.end(), 0.0F);
  ++adam_steps_;
  const auto steps = static_cast<double>(adam_steps_);
  const double mean_correction = 1 / (1 - std::pow(kAdamMeanDecay, steps));
  const double square_correction = 1 / (1 - std::pow(kAdamSquareDecay, steps));
  adam(weights_.values.data(), gradient_.data(), adam_mean_.data(), adam_square_.data(),
       weights_.values.size(), passed * mean,
       static_cast<float>(rate_ * config_.learning_rate * mean_correction),
       static_cast<float>(square_correction));
  follow_average();
}

void SecondStageTrainer::follow_average() {
  const auto steps = static_cast<float>(adam_steps_);
  const float rate = std::max(1 / kAverageSteps, kAverageYoung / (steps + kAverageYoung));
  for (std::size_t k = 0; k < average_.values.size(); ++k)
    average_.values[k] += rate * (weights_.values[k] - average_.values[k]);
}

}  // namespace freshet
