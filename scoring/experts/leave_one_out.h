#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "scoring/experts/expert.h"

namespace freshet {

/// An item of a history, and what an expert goes by it.
struct Origin {
  DistinctItem item;
  float rate = 0;  ///< The expert's probability of the row if this were the only item.
};

/// What the items of a weighted mean do to it, by leaving out one at a time. A part alone does not
/// tell: without the newest item the one before takes its place, and may speak for the row as
/// loudly.
///
/// The expert's probability is Σ_t w(t) rate(t) / Σ_t w(t) over the newest `used` origins, w =
/// DistinctItem::weight or its square. `origins`: newest first; those beyond `used` move up.
inline void leave_one_out(std::span<const Origin> origins, std::size_t used, bool squared,
                          std::vector<Influence>& influences) {
  const std::size_t none = origins.size();
  // The mean without `left_out`, and what `part` has in it (all of them: `none`).
  const auto mean = [&](std::size_t left_out, std::size_t part) {
    float total = 0, sum = 0;
    for (std::size_t t = 0, place = 0; t < origins.size() && place < used; ++t) {
      if (t == left_out) continue;
      const float near = origins[t].item.weight(place++);
      const float weight = squared ? near * near : near;
      total += weight;
      if (part == none || part == t) sum += weight * origins[t].rate;
    }
    return total > 0 ? sum / total : 0;
  };
  influences.clear();
  const float all = mean(none, none);
  if (!(all > 0)) return;
  for (std::size_t t = 0; t < std::min(used, origins.size()); ++t)
    influences.push_back({.item = origins[t].item.row,
                          .share = std::min(mean(none, t) / all, 1.0F),
                          .loss = all - mean(t, none)});
}

}  // namespace freshet
