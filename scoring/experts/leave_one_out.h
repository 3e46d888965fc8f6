#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "scoring/experts/expert.h"

namespace freshet {

/// What the items of a history do to an expert's weighted mean, by leaving out one at a time. A
/// part alone does not tell: without the newest item the one before takes its place, and may speak
/// for the row as loudly.
///
/// The expert's probability is Σ_t w(t) rate(t) / Σ_t w(t) over the newest `used` items, w =
/// DistinctItem::weight or its square. Weights are the same for all rows, so that a history is
/// taken up once. Confined to one thread.
class LeaveOneOut {
 public:
  /// Takes up a history. `items`: newest first; those beyond `used` move up.
  void prepare(std::span<const DistinctItem> items, std::size_t used, bool squared);

  /// The history's items, those that may move up included.
  std::span<const ItemRow> items() const { return items_; }

  /// Adds the influences on one row. `rates`: by item, the expert's probability of the row if it
  /// were the only one.
  void add_influences(std::span<const float> rates, std::vector<Influence>& influences) const;

 private:
  std::size_t size() const { return items_.size(); }
  /// The weights of the mean without item `left_out`; size() = with all of them.
  const float* weights_without(std::size_t left_out) const {
    return weights_.data() + left_out * size();
  }
  float mean_without(std::size_t left_out, std::span<const float> rates) const;

  std::vector<ItemRow> items_;
  std::size_t used_ = 0;
  std::vector<float> weights_;  // [size() + 1, size()]; 0 = beyond those used.
  std::vector<float> totals_;   // [size() + 1]
};

}  // namespace freshet
