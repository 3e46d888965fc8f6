#pragma once

#include <cstddef>
#include <span>

namespace freshet {

/// Rows of a score tile and most queries scored side by side. A tile (16 KiB) stays in L1.
inline constexpr std::size_t kTileRows = 32;
inline constexpr std::size_t kTileLanes = 32;

/// Instruction-set variant of the two inner loops of the scan. A score tile is
/// [kTileRows, kTileLanes] float32: one row per item, one lane per query. Immutable; thread-safe.
struct ScoreKernels {
  const char* name;  ///< "default", "avx2" or "avx512".

  /// Fills the tile: tile[i][l] = biases[i] + sum over d of items[i][d] · queries[d][l].
  ///
  /// items [kTileRows, dim], biases [kTileRows], queries [dim, kTileLanes] (transposed). Only the
  /// first `lanes` lanes, rounded up to the variant's width, are written.
  void (*score)(const float* items, const float* biases, const float* queries, std::size_t dim,
                std::size_t lanes, float* tile);

  /// Turns NaN into -infinity, in place, and sets maxima[l] to lane l's largest score.
  void (*reduce)(float* tile, float* maxima);

  /// Sets sums[l] to the sum over i of exp(tile[i][l] - shifts[l]); relative error below 1e-6.
  /// Every tile[i][l] <= shifts[l]; shifts are finite.
  void (*exp_sum)(const float* tile, const float* shifts, float* sums);
};

/// Returns the variants this processor can run, slowest first; never empty.
std::span<const ScoreKernels> supported_score_kernels();

}  // namespace freshet
