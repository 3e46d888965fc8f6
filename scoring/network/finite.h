#pragma once

#include <span>

namespace freshet {

/// Says whether no value is NaN or infinite.
inline bool all_finite(std::span<const float> values) {
  // 0 · x is 0 for every finite x, else NaN: one sum, without a branch.
  float sum = 0;
  for (const float value : values) sum += 0 * value;
  return sum == 0;
}

}  // namespace freshet
