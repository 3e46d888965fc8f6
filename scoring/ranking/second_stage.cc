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

/// Candidates that are computed side by side: each column of W is read once for all of them, and so
/// many sums run at a time that none waits for its own last addition.
constexpr std::size_t kSideBySide = 6;

/// `hiddens` = relu(W x + b) of kCount candidates; units beyond the last whole block one by one.
template <std::size_t kCount>
inline __attribute__((always_inline)) void forward_side_by_side(const SecondStageWeights& weights,
                                                                const float* inputs,
                                                                std::size_t used, float* hiddens) {
  const std::size_t hidden = weights.hidden;
  const float* inner = weights.inner();
  const float* bias = weights.inner_bias();
  std::size_t h = 0;
  for (; h + kFloatBlock <= hidden; h += kFloatBlock) {
    FloatBlock sums[kCount], column;
    for (FloatBlock& sum : sums) load_block(sum, bias + h);
    for (std::size_t f = 0; f < used; ++f) {
      load_block(column, inner + f * hidden + h);
#pragma GCC unroll 6
      for (std::size_t j = 0; j < kCount; ++j) sums[j] += inputs[j * kFeatureCount + f] * column;
    }
    for (std::size_t j = 0; j < kCount; ++j) store_block(hiddens + j * hidden + h, sums[j]);
  }
  for (; h < hidden; ++h) {
    for (std::size_t j = 0; j < kCount; ++j) {
      float sum = bias[h];
      for (std::size_t f = 0; f < used; ++f)
        sum += inputs[j * kFeatureCount + f] * inner[f * hidden + h];
      hiddens[j * hidden + h] = sum;
    }
  }
  for (std::size_t k = 0; k < kCount * hidden; ++k) hiddens[k] = hiddens[k] > 0 ? hiddens[k] : 0;
}

FRESHET_VECTOR_CLONES
void forward_hidden(const SecondStageWeights& weights, const float* inputs, std::size_t count,
                    std::size_t used, float* hiddens) {
  std::size_t j = 0;
  for (; j + kSideBySide <= count; j += kSideBySide)
    forward_side_by_side<kSideBySide>(weights, inputs + j * kFeatureCount, used,
                                      hiddens + j * weights.hidden);
  for (; j < count; ++j)
    forward_side_by_side<1>(weights, inputs + j * kFeatureCount, used,
                            hiddens + j * weights.hidden);
}

/// Adds a·b to `sums`, lane by lane, and returns what is left behind the last whole block.
inline __attribute__((always_inline)) float add_product(const float* a, const float* b,
                                                        std::size_t count, FloatBlock& sums) {
  FloatBlock x, y;
  std::size_t k = 0;
  for (; k + kFloatBlock <= count; k += kFloatBlock) {
    load_block(x, a + k);
    load_block(y, b + k);
    sums += x * y;
  }
  float rest = 0;
  for (; k < count; ++k) rest += a[k] * b[k];
  return rest;
}

inline __attribute__((always_inline)) float sum_of(const FloatBlock& block) {
  float lanes[kFloatBlock];
  store_block(lanes, block);
  for (std::size_t width = kFloatBlock / 2; width > 0; width /= 2)
    for (std::size_t lane = 0; lane < width; ++lane) lanes[lane] += lanes[lane + width];
  return lanes[0];
}

/// `scores` = base + w·x + v·hiddens.
FRESHET_VECTOR_CLONES
void forward_scores(const SecondStageWeights& weights, const SecondStagePass& pass,
                    std::size_t used, const float* base, float* scores, std::size_t count) {
  const std::size_t hidden = weights.hidden;
  for (std::size_t j = 0; j < count; ++j) {
    FloatBlock sums{};
    const float rest = add_product(weights.direct(), &pass.inputs[j * kFeatureCount], used, sums) +
                       add_product(weights.outer(), &pass.hiddens[j * hidden], hidden, sums);
    scores[j] = base[j] + (rest + sum_of(sums));
  }
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
  forward_scores(weights, pass, used, set.base.data(), pass.scores.data(), count);
  return std::all_of(pass.scores.begin(), pass.scores.end(),
                     [](float score) { return std::isfinite(score); });
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
