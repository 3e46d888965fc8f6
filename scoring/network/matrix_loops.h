#pragma once

#include "scoring/network/fused_kernels.h"
#include "scoring/vector_lanes.h"

// Bodies of the matrix kernels; included by fused_kernels.cc alone.
namespace freshet {

/// kRows x (kVectors · kWidth) of a product in registers: A is broadcast, columns of B are lanes
/// (the register block of Goto and van de Geijn, TOMS 2008).
template <int kWidth, int kVectors, int kRows>
FRESHET_INLINE void product_block(const Product& p, std::size_t row, std::size_t column) {
  using Float = typename Lanes<kWidth>::Float;
  Float sums[kRows][kVectors];
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) sums[i][v] = Float{};
  }
  const float* a = p.a + row * p.a_row;
  const float* b = p.b + column;
  for (std::size_t k = 0; k < p.depth; ++k, a += p.a_column, b += p.b_row) {
    Float columns[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) columns[v] = lanes_at<kWidth>(b + v * kWidth);
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i) {
      const float value = a[static_cast<std::size_t>(i) * p.a_row];
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) sums[i][v] += columns[v] * value;
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
    float* c = p.c + (row + static_cast<std::size_t>(i)) * p.c_row + column;
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      Float& out = lanes_at<kWidth>(c + v * kWidth);
      out = p.add ? out + sums[i][v] : sums[i][v];
    }
  }
}

/// All rows of `kVectors · kWidth` columns: the panel of B stays in L1 meanwhile.
template <int kWidth, int kVectors, int kRows>
FRESHET_INLINE void product_panel(const Product& p, std::size_t column) {
  std::size_t row = 0;
  for (; row + kRows <= p.rows; row += kRows) {
    product_block<kWidth, kVectors, kRows>(p, row, column);
  }
  for (; row + 4 <= p.rows; row += 4) product_block<kWidth, kVectors, 4>(p, row, column);
  for (; row < p.rows; ++row) product_block<kWidth, kVectors, 1>(p, row, column);
}

template <int kWidth, int kVectors, int kRows>
FRESHET_INLINE void multiply(const Product& p) {
  constexpr std::size_t kPanel = kVectors * kWidth;
  std::size_t column = 0;
  if (p.rows < 4) {  // Fewer rows: more columns, so that additions do not wait for each other.
    for (; column + 2 * kPanel <= p.columns; column += 2 * kPanel) {
      for (std::size_t row = 0; row < p.rows; ++row) {
        product_block<kWidth, 2 * kVectors, 1>(p, row, column);
      }
    }
  }
  for (; column + kPanel <= p.columns; column += kPanel) {
    product_panel<kWidth, kVectors, kRows>(p, column);
  }
  for (; column < p.columns; column += kWidth) product_panel<kWidth, 1, kRows>(p, column);
}

/// Transposes kWidth x kWidth floats: log2(kWidth) perfect shuffles of rows.
template <int kWidth>
FRESHET_INLINE void transpose_block(const float* from, std::size_t from_row, float* to,
                                    std::size_t to_row) {
  using Float = typename Lanes<kWidth>::Float;
  using Int = typename Lanes<kWidth>::Int;
  constexpr int kHalf = kWidth / 2;
  Float rows[kWidth], zipped[kWidth];
  Int low{}, high{};
#pragma GCC unroll 16
  for (int i = 0; i < kWidth; ++i) {
    rows[i] = lanes_at<kWidth>(from + static_cast<std::size_t>(i) * from_row);
    low[i] = i / 2 + (i % 2) * kWidth;
    high[i] = low[i] + kHalf;
  }
#pragma GCC unroll 4
  for (int stage = 1; stage < kWidth; stage *= 2) {
#pragma GCC unroll 8
    for (int i = 0; i < kHalf; ++i) {
      zipped[2 * i] = __builtin_shuffle(rows[i], rows[i + kHalf], low);
      zipped[2 * i + 1] = __builtin_shuffle(rows[i], rows[i + kHalf], high);
    }
#pragma GCC unroll 16
    for (int i = 0; i < kWidth; ++i) rows[i] = zipped[i];
  }
#pragma GCC unroll 16
  for (int i = 0; i < kWidth; ++i) {
    lanes_at<kWidth>(to + static_cast<std::size_t>(i) * to_row) = rows[i];
  }
}

template <int kWidth>
FRESHET_INLINE void transpose(const float* from, std::size_t rows, std::size_t columns,
                              std::size_t from_row, float* to, std::size_t to_row) {
  for (std::size_t i = 0; i < rows; i += kWidth) {
    for (std::size_t j = 0; j < columns; j += kWidth) {
      transpose_block<kWidth>(from + i * from_row + j, from_row, to + j * to_row + i, to_row);
    }
  }
}

}  // namespace freshet
