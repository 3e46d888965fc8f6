#include "scoring/delta.h"

#include <algorithm>

#include "scoring/network/finite.h"

namespace freshet {
bool is_finite(const MixtureWeights& weights) {
  return std::all_of(weights.of.begin(), weights.of.end(),
                     [](const PerSource& cell) { return all_finite(cell); });
}

bool is_finite(const SecondStageWeights& weights) {
  return all_finite(weights.values) && all_finite(weights.mean) && all_finite(weights.inverse_std);
}

bool is_finite(const NetworkDelta& delta) {
  return all_finite(delta.row_values) && all_finite(delta.dense) &&
         all_finite(delta.condition_values);
}

bool is_finite(const Delta& delta) {
  return std::all_of(delta.earlier.begin(), delta.earlier.end(),
                     [](const Delta& change) { return is_finite(change); }) &&
         (!delta.mixture || is_finite(*delta.mixture)) &&
         (!delta.second_stage || is_finite(*delta.second_stage)) && is_finite(delta.network);
}

}  // namespace freshet
