#pragma once

#include <cmath>
#include <limits>

#include "scoring/network/fused_kernels.h"
#include "scoring/vector_lanes.h"

// Bodies of the kernels that go over rows of floats; included by fused_kernels.cc alone.
namespace freshet {

/// Folds the upper half onto the lower one until one lane is left.
template <int kWidth, class Fold>
FRESHET_INLINE float fold_lanes(typename Lanes<kWidth>::Float values, const Fold& fold) {
  using Float = typename Lanes<kWidth>::Float;
  using Int = typename Lanes<kWidth>::Int;
  if constexpr (kWidth > 4) {
    using Half = typename Lanes<kWidth / 2>::Float;
    const Half* halves = reinterpret_cast<const Half*>(&values);
    const Half folded = fold(halves[0], halves[1]);
    return fold_lanes<kWidth / 2>(folded, fold);
  } else {
    const Float pair = fold(values, Float(__builtin_shuffle(values, Int{2, 3, 0, 1})));
    return fold(pair, Float(__builtin_shuffle(pair, Int{1, 0, 3, 2})))[0];
  }
}

struct Sum {
  template <class Float>
  FRESHET_INLINE Float operator()(const Float& a, const Float& b) const {
    return a + b;
  }
};

struct Maximum {
  template <class Float>
  FRESHET_INLINE Float operator()(const Float& a, const Float& b) const {
    return b > a ? b : a;
  }
};

template <int kWidth>
FRESHET_INLINE float sum_lanes(const typename Lanes<kWidth>::Float& values) {
  return fold_lanes<kWidth>(values, Sum{});
}

template <int kWidth>
FRESHET_INLINE float max_lanes(const typename Lanes<kWidth>::Float& values) {
  return fold_lanes<kWidth>(values, Maximum{});
}

/// `count` is a multiple of kWidth.
template <int kWidth>
FRESHET_INLINE float dot(const float* a, const float* b, std::size_t count) {
  typename Lanes<kWidth>::Float sum{};
  for (std::size_t i = 0; i < count; i += kWidth) {
    sum += lanes_at<kWidth>(a + i) * lanes_at<kWidth>(b + i);
  }
  return sum_lanes<kWidth>(sum);
}

/// Any `count`.
template <int kWidth>
FRESHET_INLINE float squared_norm(const float* values, std::size_t count) {
  const std::size_t whole = count / kWidth * kWidth;
  float rest = 0;
  for (std::size_t i = whole; i < count; ++i) rest += values[i] * values[i];
  return dot<kWidth>(values, values, whole) + rest;
}

FRESHET_INLINE void add_values(const float* __restrict from, std::size_t count,
                               float* __restrict to) {
  for (std::size_t i = 0; i < count; ++i) to[i] += from[i];
}

FRESHET_INLINE void gather_steps(std::span<const StepRows> steps, const float* items,
                                 const float* context, std::size_t dim, float* __restrict out) {
  for (const StepRows& rows : steps) {
    const float* item = items + rows.item * dim;
    const float* action = context + rows.action * dim;
    const float* gap = context + rows.gap * dim;
    const float* position = context + rows.position * dim;
    for (std::size_t d = 0; d < dim; ++d) out[d] = item[d] + action[d] + gap[d] + position[d];
    out += padded(dim);
  }
}

/// Adagrad on any `count` of values: squares += g², values -= rate · g / √(squares + epsilon).
template <int kWidth>
FRESHET_INLINE void adagrad(const float* gradient, float scale, std::size_t count, float rate,
                            float epsilon, float* values, float* squares) {
  using Float = typename Lanes<kWidth>::Float;
  std::size_t i = 0;
  for (; i + kWidth <= count; i += kWidth) {
    const Float g = lanes_at<kWidth>(gradient + i) * scale;
    const Float square = lanes_at<kWidth>(squares + i) + g * g;
    Float inverse;
    inverse_sqrt<kWidth>(square + epsilon, inverse);
    lanes_at<kWidth>(squares + i) = square;
    lanes_at<kWidth>(values + i) -= g * rate * inverse;
  }
  for (; i < count; ++i) {
    const float g = gradient[i] * scale;
    squares[i] += g * g;
    values[i] -= g * rate / std::sqrt(squares[i] + epsilon);
  }
}

template <int kWidth>
FRESHET_INLINE void update_rows(const RowUpdate& u) {
  constexpr std::size_t kAhead = 4;
  for (std::size_t i = 0; i < u.count; ++i) {
    if (i + kAhead < u.count) {
      prefetch_row(u.vectors + u.rows[i + kAhead] * u.dim, u.dim);
      prefetch_row(u.squares + u.rows[i + kAhead] * u.dim, u.dim);
    }
    const std::size_t at = u.rows[i] * u.dim;
    adagrad<kWidth>(u.gradients + i * u.gradient_row, u.scales[i], u.dim, u.learning_rate,
                    u.epsilon, u.vectors + at, u.squares + at);
  }
}

}  // namespace freshet
