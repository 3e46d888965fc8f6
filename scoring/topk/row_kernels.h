#pragma once

#include <cstddef>
#include <cstdint>

namespace freshet {

/// Floats of a row that is quantised stand padded by zeros to a multiple of this.
inline constexpr std::size_t kRowPadding = 16;

/// A row's size: what its tile's scale and bounds are made of.
struct RowSize {
  float square = 0;   ///< Sum of squares; not finite where a value is not.
  float largest = 0;  ///< Largest absolute value.
};

/// What quantising a row came to: sums of squares of scale · code, and of what rounding left.
struct CodedSize {
  float coded_square = 0;
  float residual_square = 0;
};

/// Inner loops over floats beside the scan. Immutable; thread-safe.
struct RowKernels {
  /// dots[i] = query · rows[i], `dim` floats each. Later rows are prefetched.
  void (*dots)(const float* query, std::size_t dim, const float* const* rows, std::size_t count,
               float* dots);
  /// Returns a number that at least k of the values reach, and that fewer than k pass by more than
  /// 1/512 of the values' range. Finite values; 1 <= k <= count.
  float (*kth_largest_bound)(const float* values, std::size_t count, std::size_t k);
  /// ranks[i] = how many of the values are >= values[i].
  void (*rank)(const float* values, std::size_t count, std::uint32_t* ranks);
  RowSize (*measure)(const float* row, std::size_t padded_width);
  /// codes[d] = round(row[d] / scale) + 128, of `padded_width` codes; |row[d]| <= 127 · scale.
  CodedSize (*encode)(const float* row, std::size_t padded_width, float scale, std::uint8_t* codes);
};

/// The best variant this processor can run.
const RowKernels& row_kernels();

}  // namespace freshet
