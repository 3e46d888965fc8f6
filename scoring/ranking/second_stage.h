#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "scoring/ranking/features.h"

namespace freshet {

/// Weights of the second stage: score = base + w·x + v·relu(W x + b), x = standardised features,
/// clipped at ±kFeatureClip (docs/model.md).
struct SecondStageWeights {
  std::size_t hidden = 0;  ///< 0 = there is no second stage.
  /// One block: w [F], W [F, hidden], b [hidden], v [hidden].
  std::vector<float> values;
  std::vector<float> mean;         ///< [F] running mean of each feature.
  std::vector<float> inverse_std;  ///< [F] 1 / running standard deviation; 0 = constant so far.

  /// Fresh weights: W ~ N(0, .15), v ~ N(0, .02), w = b = 0.
  static SecondStageWeights fresh(std::size_t hidden, std::uint64_t seed);

  const float* direct() const { return values.data(); }
  const float* inner() const { return direct() + kFeatureCount; }
  const float* inner_bias() const { return inner() + kFeatureCount * hidden; }
  const float* outer() const { return inner_bias() + hidden; }

  friend bool operator==(const SecondStageWeights&, const SecondStageWeights&) = default;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(hidden, values, mean, inverse_std);
  }
};

/// Standardised features beyond this many deviations are clipped.
inline constexpr float kFeatureClip = 5;

/// Scratch of one forward pass; kept by a trainer for the gradient.
struct SecondStagePass {
  std::vector<float> inputs;   ///< [candidates, F] standardised.
  std::vector<float> hiddens;  ///< [candidates, hidden] after relu.
  std::vector<float> scores;   ///< [candidates]
};

/// Scores every candidate of `set`. Returns false if a score is not finite.
bool score_candidates(const SecondStageWeights& weights, const CandidateSet& set,
                      SecondStagePass& pass);

/// Returns z for which exp(scores[j] - z) is the probability that candidate j is the next target:
/// the softmax over the candidates, times the mixture's mass on all of them. `scores`:
/// [set.rows.size()], finite.
float log_normalizer(const CandidateSet& set, const std::vector<float>& scores);

}  // namespace freshet
