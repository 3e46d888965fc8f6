#pragma once

#include <cstddef>
#include <vector>

#include "scoring/network/network.h"

namespace freshet {

/// A score per row of the catalogue, few of them not zero. Confined to one thread.
class SparseScores {
 public:
  /// Forgets all scores and makes room for `rows` rows.
  void reset(std::size_t rows) {
    for (const ItemRow row : touched_) scores_[row] = 0;
    touched_.clear();
    if (scores_.size() < rows) scores_.resize(rows, 0);
  }

  /// Adds `score` > 0.
  void add(ItemRow row, float score) {
    if (scores_[row] == 0) touched_.push_back(row);
    scores_[row] += score;
  }

  float operator[](ItemRow row) const { return row < scores_.size() ? scores_[row] : 0; }

  /// Rows that have a score, in the order of their first.
  const std::vector<ItemRow>& touched() const { return touched_; }

 private:
  std::vector<float> scores_;
  std::vector<ItemRow> touched_;
};

}  // namespace freshet
