#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "scoring/network/network.h"

namespace freshet {

/// Rows that may be among a query's best `k`, each with bounds of its score; as arrays, since their
/// filter is a loop over one of them. Confined to one thread.
class Survivors {
 public:
  /// Forgets all; `k` >= 1. Nothing below `threshold` is among the best k.
  void reset(std::size_t k, float threshold);

  void add(ItemRow row, float low, float high) {
    if (count_ == lows_.size()) make_room();
    rows_[count_] = row;
    lows_[count_] = low;
    highs_[count_] = high;
    ++count_;
  }

  /// Raises the threshold to about the k-th largest lower bound, never above it.
  void raise();
  /// The same, once there are enough new rows for it to matter.
  void raise_if_grown() {
    if (count_ >= count_raised_ + k_ / 2) raise();
  }
  /// Drops the rows that lie below the threshold.
  void drop();

  /// No row among the best k has a smaller score.
  float threshold() const { return threshold_; }
  std::size_t size() const { return count_; }
  std::span<const ItemRow> rows() const { return {rows_.data(), count_}; }
  std::span<const float> lows() const { return {lows_.data(), count_}; }
  std::span<const float> highs() const { return {highs_.data(), count_}; }

 private:
  void make_room();

  std::size_t k_ = 1, count_ = 0;
  std::size_t count_raised_ = 0;  // Rows that the threshold already regards.
  float threshold_ = 0;
  std::vector<ItemRow> rows_;  // The same size for all three: the room.
  std::vector<float> lows_, highs_;
};

/// RowKernels::kth_largest_bound; -infinity when there are fewer than `k` values.
float kth_largest_bound(std::span<const float> values, std::size_t k);

}  // namespace freshet
