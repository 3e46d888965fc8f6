#include "scoring/delta.h"

#include <algorithm>

namespace freshet {
namespace {

bool all_finite(std::span<const float> values) {
  // 0 · x is 0 for every finite x, else NaN: one sum that vectorises, without a branch.
  float sum = 0;
  for (const float value : values) sum += 0 * value;
  return sum == 0;
}

}  // namespace

bool is_finite(const MixtureWeights& weights) {
  return std::all_of(weights.of.begin(), weights.of.end(),
                     [](const PerSource& bucket) { return all_finite(bucket); });
}

bool is_finite(const SecondStageWeights& weights) {
  return all_finite(weights.values) && all_finite(weights.mean) && all_finite(weights.inverse_std);
}

bool is_finite(const NetworkDelta& delta) {
  return all_finite(delta.row_values) && all_finite(delta.dense);
}

bool is_finite(const Delta& delta) {
  return (!delta.mixture || is_finite(*delta.mixture)) &&
         (!delta.second_stage || is_finite(*delta.second_stage)) && is_finite(delta.network);
}

}  // namespace freshet
