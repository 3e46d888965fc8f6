#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "scoring/network/aligned_floats.h"
#include "scoring/network/network.h"

namespace freshet {

/// Rows of a table that are not excluded, evenly spread: the first in each of `kSegments` equal
/// stretches, or all of them where `kAllMax` or fewer are left. The same for the same table and
/// bitmap. Immutable after construction.
class RowSample {
 public:
  static constexpr std::size_t kSegments = 2048;
  static constexpr std::size_t kAllMax = 2 * kSegments;

  RowSample(const ItemTableView& table, std::span<const std::uint64_t> excluded);

  /// The rows' vectors and biases, copied; row i of the view is rows()[i].
  ItemTableView view() const;
  std::span<const ItemRow> rows() const { return rows_; }
  /// Rows of the table that are not excluded.
  std::size_t passing() const { return passing_; }
  bool has_all() const { return passing_ <= kAllMax; }
  /// Whether a row that is not excluded is one of the sample.
  bool holds(ItemRow row) const { return has_all() || by_segment_[segment_of(row)] == row; }

 private:
  std::size_t segment_of(std::size_t row) const { return row * kSegments / table_rows_; }
  void copy(const ItemTableView& table);

  std::size_t table_rows_, dim_, passing_ = 0;
  std::vector<ItemRow> rows_;
  std::vector<ItemRow> by_segment_;  // [kSegments] or ~0.
  AlignedFloats vectors_, biases_;
};

}  // namespace freshet
