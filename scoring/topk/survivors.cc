#include "scoring/topk/survivors.h"

#include <algorithm>
#include <limits>

#include "scoring/topk/row_kernels.h"

namespace freshet {
float kth_largest_bound(std::span<const float> values, std::size_t k) {
  if (values.size() < k) return -std::numeric_limits<float>::infinity();
  return row_kernels().kth_largest_bound(values.data(), values.size(), k);
}

void Survivors::reset(std::size_t k, float threshold) {
  k_ = k;
  count_ = count_raised_ = 0;
  threshold_ = threshold;
}

void Survivors::raise() { threshold_ = std::max(threshold_, kth_largest_bound(lows(), k_)); }

void Survivors::drop() {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < count_; ++i) {
    const float high = highs_[i];
    rows_[kept] = rows_[i];
    lows_[kept] = lows_[i];
    highs_[kept] = high;
    kept += high >= threshold_ ? 1 : 0;
  }
  count_ = count_raised_ = kept;
}

/// Room for twice the best k and as many doubtful ones; more only where raising does not help.
void Survivors::make_room() {
  raise();
  drop();
  if (count_ + count_ / 2 < lows_.size()) return;
  const std::size_t room = std::max(4 * k_ + 240, 2 * lows_.size());
  rows_.resize(room);
  lows_.resize(room);
  highs_.resize(room);
}

}  // namespace freshet
