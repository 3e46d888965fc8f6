#pragma once

#include <array>
#include <bitset>
#include <cstddef>

#include "scoring/experts/expert.h"

namespace freshet {

/// Lengths of the newest session that have weights of their own: 1, 2, 3, 4-5, 6-9, 10+.
inline constexpr std::size_t kLengthBuckets = 6;

/// Returns the bucket of a session length; an empty session counts as length 1.
inline std::size_t length_bucket(std::size_t length) {
  if (length <= 3) return length <= 1 ? 0 : length - 1;
  if (length <= 5) return 3;
  return length <= 9 ? 4 : 5;
}

/// Newest actions that have weights of their own: clicks and all others, carts, purchases.
inline constexpr std::size_t kActionGroups = 3;

inline std::size_t action_group(Action newest) {
  return newest == Action::kCart ? 1 : newest == Action::kPurchase ? 2 : 0;
}

/// Kinds of history that have weights of their own, clicks first.
inline constexpr std::size_t kMixtureCells = kActionGroups * kLengthBuckets;

inline std::size_t mixture_cell(Action newest, std::size_t session_length) {
  return action_group(newest) * kLengthBuckets + length_bucket(session_length);
}
inline std::size_t mixture_cell(const Context& context) {
  return mixture_cell(context.last_action, context.session_length);
}

/// The experts' weights: p(item) = sum over experts of weight · p_expert(item).
struct MixtureWeights {
  std::array<PerSource, kMixtureCells> of{};  ///< By mixture_cell; each cell's add up to 1.

  /// All experts alike.
  static MixtureWeights even() {
    MixtureWeights weights;
    for (PerSource& cell : weights.of) cell.fill(1.0F / static_cast<float>(kSourceCount));
    return weights;
  }

  friend bool operator==(const MixtureWeights&, const MixtureWeights&) = default;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(of);
  }
};

/// Experts, by Source.
using SourceSet = std::bitset<kSourceCount>;

/// Returns `weights` with those of sleeping experts, which have no opinion in a context, set to 0
/// and the others scaled so that they add up to 1 again.
inline PerSource awake_weights(PerSource weights, const SourceSet& awake) {
  float total = 0;
  for (std::size_t m = 0; m < kSourceCount; ++m) total += awake[m] ? weights[m] : 0;
  for (std::size_t m = 0; m < kSourceCount; ++m)
    weights[m] = awake[m] && total > 0 ? weights[m] / total : 0;
  return weights;
}

/// Probability of one item under the mixture.
inline float mix(const PerSource& weights, const PerSource& probabilities) {
  float sum = 0;
  for (std::size_t m = 0; m < kSourceCount; ++m) sum += weights[m] * probabilities[m];
  return sum;
}

}  // namespace freshet
