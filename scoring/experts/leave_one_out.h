#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

#include "scoring/experts/expert.h"

namespace freshet {

/// An item of a history, and what an expert goes by it.
struct Origin {
  DistinctItem item;
  float rate = 0;  ///< The expert's probability of the row if this were the only item.
};

/// Which of some items a sum of their rates is due to: the one without which the sum is least
/// (leave-one-out). Not simply the largest part: without the newest item the one before takes its
/// place, and may speak for the row as loudly.
///
/// The expert's probability is Σ_t a(t)^power rate(t) / Σ_t a(t)^power over the newest `used`
/// origins, a = DistinctItem::weight. `origins`: newest first; those beyond `used` move up.
inline Cause leave_one_out(std::span<const Origin> origins, std::size_t used, float power) {
  const auto value = [&](std::size_t left_out, std::size_t of) {
    float total = 0, sum = 0;
    for (std::size_t t = 0, place = 0; t < origins.size() && place < used; ++t) {
      if (t == left_out) continue;
      const float weight = std::pow(origins[t].item.weight(place++), power);
      total += weight;
      if (of == origins.size() || of == t) sum += weight * origins[t].rate;
    }
    return total > 0 ? sum / total : 0;
  };
  const std::size_t none = origins.size();
  Cause cause;
  float least = 0;
  for (std::size_t t = 0; t < std::min(used, origins.size()); ++t) {
    if (!(origins[t].rate > 0)) continue;
    const float without = value(t, none);
    if (cause.row != kNoRow && without >= least) continue;
    least = without;
    cause = {origins[t].item.row, value(none, t) / value(none, none)};
  }
  return cause;
}

}  // namespace freshet
