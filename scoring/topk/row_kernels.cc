#include "scoring/topk/row_kernels.h"

#include <array>

#include "scoring/vector_lanes.h"

namespace freshet {
namespace {

/// How lanes are joined. By reference: no vector is ever passed in a register that only some of the
/// instruction sets have.
struct Sum {
  template <class T>
  FRESHET_INLINE static void join(const T& a, const T& b, T& joined) {
    joined = a + b;
  }
};
struct Least {
  template <class T>
  FRESHET_INLINE static void join(const T& a, const T& b, T& joined) {
    joined = b < a ? b : a;
  }
};
struct Most {
  template <class T>
  FRESHET_INLINE static void join(const T& a, const T& b, T& joined) {
    joined = b > a ? b : a;
  }
};

/// Joins all lanes, by halves.
template <int kWidth, class Join>
FRESHET_INLINE float fold_lanes(const typename Lanes<kWidth>::Float& values) {
  if constexpr (kWidth == 4) {
    float even, odd, all;
    Join::template join<float>(values[0], values[2], even);
    Join::template join<float>(values[1], values[3], odd);
    Join::template join<float>(even, odd, all);
    return all;
  } else {
    using Half = typename Lanes<kWidth / 2>::Float;
    const Half* halves = reinterpret_cast<const Half*>(&values);
    Half joined;
    Join::template join<Half>(halves[0], halves[1], joined);
    return fold_lanes<kWidth / 2, Join>(joined);
  }
}

template <int kWidth>
FRESHET_INLINE std::size_t sum_counts(const typename Lanes<kWidth>::Int& counts) {
  if constexpr (kWidth == 4) {
    return static_cast<std::size_t>(counts[0] + counts[2] + counts[1] + counts[3]);
  } else {
    using Half = typename Lanes<kWidth / 2>::Int;
    const Half* halves = reinterpret_cast<const Half*>(&counts);
    const Half joined = halves[0] + halves[1];
    return sum_counts<kWidth / 2>(joined);
  }
}

template <int kWidth>
FRESHET_INLINE float dot(const float* a, const float* b, std::size_t dim) {
  using Float = typename Lanes<kWidth>::Float;
  Float first{}, second{};
  std::size_t d = 0;
  for (; d + 2 * kWidth <= dim; d += 2 * kWidth) {
    first += lanes_at<kWidth>(a + d) * lanes_at<kWidth>(b + d);
    second += lanes_at<kWidth>(a + d + kWidth) * lanes_at<kWidth>(b + d + kWidth);
  }
  float sum = 0;
  for (; d < dim; ++d) sum += a[d] * b[d];
  const Float both = first + second;
  return sum + fold_lanes<kWidth, Sum>(both);
}

template <int kWidth>
FRESHET_INLINE void dots(const float* query, std::size_t dim, const float* const* rows,
                         std::size_t count, float* results) {
  constexpr std::size_t kAhead = 12;
  for (std::size_t i = 0; i < count && i < kAhead; ++i) {
    for (std::size_t d = 0; d < dim; d += 16) __builtin_prefetch(rows[i] + d);
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (i + kAhead < count) {
      for (std::size_t d = 0; d < dim; d += 16) __builtin_prefetch(rows[i + kAhead] + d);
    }
    results[i] = dot<kWidth>(query, rows[i], dim);
  }
}

template <int kWidth>
FRESHET_INLINE std::size_t count_at_least(const float* values, std::size_t count, float bound) {
  typename Lanes<kWidth>::Int found{};
  std::size_t i = 0;
  for (; i + kWidth <= count; i += kWidth) found -= lanes_at<kWidth>(values + i) >= bound;
  std::size_t sum = sum_counts<kWidth>(found);
  for (; i < count; ++i) sum += values[i] >= bound ? 1 : 0;
  return sum;
}

/// By bisection, which takes no branch that depends on a value.
template <int kWidth>
FRESHET_INLINE float kth_largest_bound(const float* values, std::size_t count, std::size_t k) {
  using Float = typename Lanes<kWidth>::Float;
  constexpr int kBisections = 9;
  float reached = values[0], beyond = values[0];
  std::size_t i = 0;
  Float least = Float{} + values[0], most = least;
  for (; i + kWidth <= count; i += kWidth) {
    const Float value = lanes_at<kWidth>(values + i);
    least = value < least ? value : least;
    most = value > most ? value : most;
  }
  reached = fold_lanes<kWidth, Least>(least);
  beyond = fold_lanes<kWidth, Most>(most);
  for (; i < count; ++i) {
    reached = values[i] < reached ? values[i] : reached;
    beyond = values[i] > beyond ? values[i] : beyond;
  }
  if (count_at_least<kWidth>(values, count, beyond) >= k) return beyond;
  for (int step = 0; step < kBisections; ++step) {
    const float middle = reached + (beyond - reached) / 2;
    const bool is_reached = count_at_least<kWidth>(values, count, middle) >= k;
    reached = is_reached ? middle : reached;
    beyond = is_reached ? beyond : middle;
  }
  return reached;
}

template <int kWidth>
FRESHET_INLINE void rank(const float* values, std::size_t count, std::uint32_t* ranks) {
  for (std::size_t i = 0; i < count; ++i)
    ranks[i] = static_cast<std::uint32_t>(count_at_least<kWidth>(values, count, values[i]));
}

template <int kWidth>
FRESHET_INLINE RowSize measure(const float* row, std::size_t width) {
  using Float = typename Lanes<kWidth>::Float;
  Float square{}, largest{};
  for (std::size_t d = 0; d < width; d += kWidth) {
    const Float value = lanes_at<kWidth>(row + d);
    const Float size = value < 0 ? -value : value;
    square += value * value;
    largest = size > largest ? size : largest;
  }
  return {fold_lanes<kWidth, Sum>(square), fold_lanes<kWidth, Most>(largest)};
}

template <int kWidth>
FRESHET_INLINE CodedSize encode(const float* row, std::size_t width, float scale,
                                std::uint8_t* codes) {
  using Float = typename Lanes<kWidth>::Float;
  using Int = typename Lanes<kWidth>::Int;
  typedef std::uint8_t Bytes __attribute__((vector_size(kWidth), aligned(1), may_alias));
  constexpr float kRound =
      12582912.0F;  // 1.5 · 2^23: adding it leaves the integer in the low bits.
  const float inverse = 1 / scale;
  Float coded{}, residual{};
  for (std::size_t d = 0; d < width; d += kWidth) {
    const Float value = lanes_at<kWidth>(row + d);
    const Float shifted = value * inverse + kRound;
    const Float rounded = (shifted - kRound) * scale;
    const Float left = value - rounded;
    coded += rounded * rounded;
    residual += left * left;
    const Int code = (reinterpret_cast<Int>(shifted) & 0xff) ^ 0x80;  // + 128 in a byte.
    *reinterpret_cast<Bytes*>(codes + d) = __builtin_convertvector(code, Bytes);
  }
  return {fold_lanes<kWidth, Sum>(coded), fold_lanes<kWidth, Sum>(residual)};
}

#define FRESHET_ROW_KERNELS(NAME, TARGET, WIDTH)                                          \
  TARGET void dots_##NAME(const float* query, std::size_t dim, const float* const* rows,  \
                          std::size_t count, float* results) {                            \
    dots<WIDTH>(query, dim, rows, count, results);                                        \
  }                                                                                       \
  TARGET float kth_##NAME(const float* values, std::size_t count, std::size_t k) {        \
    return kth_largest_bound<WIDTH>(values, count, k);                                    \
  }                                                                                       \
  TARGET void rank_##NAME(const float* values, std::size_t count, std::uint32_t* ranks) { \
    rank<WIDTH>(values, count, ranks);                                                    \
  }                                                                                       \
  TARGET RowSize measure_##NAME(const float* row, std::size_t width) {                    \
    return measure<WIDTH>(row, width);                                                    \
  }                                                                                       \
  TARGET CodedSize encode_##NAME(const float* row, std::size_t width, float scale,        \
                                 std::uint8_t* codes) {                                   \
    return encode<WIDTH>(row, width, scale, codes);                                       \
  }                                                                                       \
  constexpr RowKernels k_##NAME {                                                         \
    dots_##NAME, kth_##NAME, rank_##NAME, measure_##NAME, encode_##NAME                   \
  }

#define FRESHET_BASELINE
FRESHET_ROW_KERNELS(default, FRESHET_BASELINE, 4);
#if defined(__x86_64__)
FRESHET_ROW_KERNELS(avx2, FRESHET_AVX2, 8);
FRESHET_ROW_KERNELS(avx512, FRESHET_AVX512, 16);
constexpr std::array kVariants{k_default, k_avx2, k_avx512};
#else
constexpr std::array kVariants{k_default};
#endif

}  // namespace

const RowKernels& row_kernels() {
  static const std::size_t best = supported_instruction_sets() - 1;
  return kVariants[best];
}

}  // namespace freshet
