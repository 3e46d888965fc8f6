#include "scoring/ranking/second_stage.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "scoring/ranking/vector_clones.h"

namespace freshet {
namespace {

/// `used`: the first features that say anything; the others are neither read nor written.
FRESHET_VECTOR_CLONES
void standardise(const SecondStageWeights& weights, const float* features, std::size_t count,
                 std::size_t used, float* inputs) {
  const float* mean = weights.mean.data();
  const float* inverse_std = weights.inverse_std.data();
  for (std::size_t j = 0; j < count; ++j) {
    for (std::size_t f = 0; f < used; ++f) {
      const float x = (features[j * kFeatureCount + f] - mean[f]) * inverse_std[f];
      inputs[j * kFeatureCount + f] = x > kFeatureClip    ? kFeatureClip
                                      : x < -kFeatureClip ? -kFeatureClip
                                                          : x;
    }
  }
}

/// `hiddens` = relu(W x + b) of one candidate; units beyond the last whole block one by one.
inline __attribute__((always_inline)) void forward_candidate(const SecondStageWeights& weights,
                                                             const float* input, std::size_t used,
                                                             float* hiddens) {
  const std::size_t hidden = weights.hidden;
  const float* inner = weights.inner();
  const float* bias = weights.inner_bias();
  std::size_t h = 0;
  for (; h + kFloatBlock <= hidden; h += kFloatBlock) {
    FloatBlock sums, column;
    load_block(sums, bias + h);
    for (std::size_t f = 0; f < used; ++f) {
      load_block(column, inner + f * hidden + h);
      sums += input[f] * column;
    }
    store_block(hiddens + h, sums);
  }
  for (; h < hidden; ++h) {
    hiddens[h] = bias[h];
    for (std::size_t f = 0; f < used; ++f) hiddens[h] += input[f] * inner[f * hidden + h];
  }
  for (h = 0; h < hidden; ++h) hiddens[h] = hiddens[h] > 0 ? hiddens[h] : 0;
}

FRESHET_VECTOR_CLONES
void forward_hidden(const SecondStageWeights& weights, const float* inputs, std::size_t count,
                    std::size_t used, float* hiddens) {
  for (std::size_t j = 0; j < count; ++j)
    forward_candidate(weights, inputs + j * kFeatureCount, used, hiddens + j * weights.hidden);
}

}  // namespace

SecondStageWeights SecondStageWeights::fresh(std::size_t hidden, std::uint64_t seed) {
  SecondStageWeights weights;
  weights.hidden = hidden;
  weights.values.assign(kFeatureCount + kFeatureCount * hidden + 2 * hidden, 0);
  weights.mean.assign(kFeatureCount, 0);
  weights.inverse_std.assign(kFeatureCount, 0);
  std::mt19937_64 random(seed);
  std::normal_distribution<float> inner(0, 0.15F);
  std::normal_distribution<float> outer(0, 0.02F);
  for (std::size_t k = 0; k < kFeatureCount * hidden; ++k)
    weights.values[kFeatureCount + k] = inner(random);
  for (std::size_t h = 0; h < hidden; ++h)
    weights.values[weights.values.size() - hidden + h] = outer(random);
  return weights;
}

bool score_candidates(const SecondStageWeights& weights, const CandidateSet& set,
                      SecondStagePass& pass) {
  const std::size_t count = set.rows.size();
  const std::size_t hidden = weights.hidden;
  const std::size_t used = set.features_used;
  pass.inputs.resize(count * kFeatureCount);
  pass.hiddens.resize(count * hidden);
  pass.scores.resize(count);
  standardise(weights, set.features.data(), count, used, pass.inputs.data());
  forward_hidden(weights, pass.inputs.data(), count, used, pass.hiddens.data());
  bool finite = true;
  for (std::size_t j = 0; j < count; ++j) {
    float score = set.base[j];
    for (std::size_t f = 0; f < used; ++f)
      score += weights.direct()[f] * pass.inputs[j * kFeatureCount + f];
    for (std::size_t h = 0; h < hidden; ++h)
      score += weights.outer()[h] * pass.hiddens[j * hidden + h];
    pass.scores[j] = score;
    finite = finite && std::isfinite(score);
  }
  return finite;
}

float log_normalizer(const CandidateSet& set, const std::vector<float>& scores) {
  if (scores.empty()) return 0;
  const float highest = *std::max_element(scores.begin(), scores.end());
  float total = 0, mass = 0;
  for (std::size_t j = 0; j < scores.size(); ++j) {
    total += std::exp(scores[j] - highest);
    mass += std::exp(set.base[j]);
  }
  return highest + std::log(total / std::min(mass, 1.0F));
}

}  // namespace freshet
