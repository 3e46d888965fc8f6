#include "scoring/topk/score_kernels.h"

#include <array>
#include <limits>

#include "scoring/vector_lanes.h"

namespace freshet {
namespace {

/// kItems x (kVectors · kWidth) scores in registers: item values are broadcast, queries are lanes
/// (the register block of Goto and van de Geijn, TOMS 2008).
template <int kWidth, int kVectors, int kItems>
FRESHET_INLINE void score_block(const float* items, const float* biases, const float* queries,
                                std::size_t dim, float* tile) {
  using Float = typename Lanes<kWidth>::Float;
  Float sums[kItems][kVectors];
#pragma GCC unroll 16
  for (int i = 0; i < kItems; ++i) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) sums[i][v] = Float{} + biases[i];
  }
  for (std::size_t d = 0; d < dim; ++d) {
    const Float* query = reinterpret_cast<const Float*>(queries + d * kTileLanes);
#pragma GCC unroll 16
    for (int i = 0; i < kItems; ++i) {
      const float item = items[static_cast<std::size_t>(i) * dim + d];
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) sums[i][v] += query[v] * item;
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < kItems; ++i) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      *reinterpret_cast<Float*>(tile + i * kTileLanes + v * kWidth) = sums[i][v];
    }
  }
}

template <int kWidth, int kVectors, int kItems>
FRESHET_INLINE void score_tile(const float* items, const float* biases, const float* queries,
                               std::size_t dim, std::size_t lanes, float* tile) {
  static_assert(kTileRows % kItems == 0 && kTileLanes % (kVectors * kWidth) == 0);
  for (std::size_t i = 0; i < kTileRows; i += kItems) {
    for (std::size_t lane = 0; lane < lanes; lane += kVectors * kWidth) {
      score_block<kWidth, kVectors, kItems>(items + i * dim, biases + i, queries + lane, dim,
                                            tile + i * kTileLanes + lane);
    }
  }
}

template <int kWidth>
FRESHET_INLINE void reduce_tile(float* tile, float* maxima) {
  using Float = typename Lanes<kWidth>::Float;
  const Float lowest = Float{} - std::numeric_limits<float>::infinity();
  for (std::size_t lane = 0; lane < kTileLanes; lane += kWidth) {
    Float largest = lowest;
    for (std::size_t i = 0; i < kTileRows; ++i) {
      Float& scores = *reinterpret_cast<Float*>(tile + i * kTileLanes + lane);
      scores = scores == scores ? scores : lowest;
      largest = scores > largest ? scores : largest;
    }
    *reinterpret_cast<Float*>(maxima + lane) = largest;
  }
}

template <int kWidth>
FRESHET_INLINE void exp_sum_tile(const float* tile, const float* shifts, float* sums) {
  using Float = typename Lanes<kWidth>::Float;
  for (std::size_t lane = 0; lane < kTileLanes; lane += kWidth) {
    const Float shift = *reinterpret_cast<const Float*>(shifts + lane);
    Float sum{};
    for (std::size_t i = 0; i < kTileRows; ++i) {
      const Float score = *reinterpret_cast<const Float*>(tile + i * kTileLanes + lane);
      Float exp;
      exp_of_negative<kWidth>(score - shift, exp);
      sum += exp;
    }
    *reinterpret_cast<Float*>(sums + lane) = sum;
  }
}

void score_default(const float* items, const float* biases, const float* queries, std::size_t dim,
                   std::size_t lanes, float* tile) {
  score_tile<4, 2, 4>(items, biases, queries, dim, lanes, tile);
}
void reduce_default(float* tile, float* maxima) { reduce_tile<4>(tile, maxima); }
void exp_sum_default(const float* tile, const float* shifts, float* sums) {
  exp_sum_tile<4>(tile, shifts, sums);
}
constexpr ScoreKernels kDefault{"default", score_default, reduce_default, exp_sum_default};

#if defined(__x86_64__)

FRESHET_AVX2 void score_avx2(const float* items, const float* biases, const float* queries,
                             std::size_t dim, std::size_t lanes, float* tile) {
  score_tile<8, 2, 4>(items, biases, queries, dim, lanes, tile);
}
FRESHET_AVX2 void reduce_avx2(float* tile, float* maxima) { reduce_tile<8>(tile, maxima); }
FRESHET_AVX2 void exp_sum_avx2(const float* tile, const float* shifts, float* sums) {
  exp_sum_tile<8>(tile, shifts, sums);
}
constexpr ScoreKernels kAvx2{"avx2", score_avx2, reduce_avx2, exp_sum_avx2};

FRESHET_AVX512 void score_avx512(const float* items, const float* biases, const float* queries,
                                 std::size_t dim, std::size_t lanes, float* tile) {
  if (lanes > 16) return score_tile<16, 2, 8>(items, biases, queries, dim, lanes, tile);
  score_tile<16, 1, 8>(items, biases, queries, dim, lanes, tile);
}
FRESHET_AVX512 void reduce_avx512(float* tile, float* maxima) { reduce_tile<16>(tile, maxima); }
FRESHET_AVX512 void exp_sum_avx512(const float* tile, const float* shifts, float* sums) {
  exp_sum_tile<16>(tile, shifts, sums);
}
constexpr ScoreKernels kAvx512{"avx512", score_avx512, reduce_avx512, exp_sum_avx512};

constexpr std::array kVariants{kDefault, kAvx2, kAvx512};
#else
constexpr std::array kVariants{kDefault};
#endif

}  // namespace

std::span<const ScoreKernels> supported_score_kernels() {
  static const std::size_t count = supported_instruction_sets();
  return std::span(kVariants).first(count);
}

}  // namespace freshet
