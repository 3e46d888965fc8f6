#pragma once

#include <limits>

#include "scoring/network/fused_kernels.h"
#include "scoring/network/lane_loops.h"
#include "scoring/vector_lanes.h"

// Bodies of the attention's kernels; included by fused_kernels.cc alone.
namespace freshet {

/// out[t] = scale · query · rows[t].
template <int kWidth>
FRESHET_INLINE void dot_rows(const float* query, const float* rows, std::size_t count,
                             std::size_t dim, float scale, float* out) {
  using Float = typename Lanes<kWidth>::Float;
  std::size_t t = 0;
  for (; t + 4 <= count; t += 4) {  // Four at once: independent sums, one load of the query.
    const float* row = rows + t * dim;
    Float sums[4] = {};
    for (std::size_t d = 0; d < dim; d += kWidth) {
      const Float value = lanes_at<kWidth>(query + d);
#pragma GCC unroll 4
      for (std::size_t i = 0; i < 4; ++i) sums[i] += value * lanes_at<kWidth>(row + i * dim + d);
    }
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 4; ++i) out[t + i] = scale * sum_lanes<kWidth>(sums[i]);
  }
  for (; t < count; ++t) out[t] = scale * dot<kWidth>(query, rows + t * dim, dim);
}

/// out = Σ_t weights[t] · rows[t].
template <int kWidth>
FRESHET_INLINE void weighted_sum(const float* weights, const float* rows, std::size_t count,
                                 std::size_t dim, float* out) {
  using Float = typename Lanes<kWidth>::Float;
  constexpr std::size_t kVectors = 4;
  std::size_t d = 0;
  for (; d + kVectors * kWidth <= dim; d += kVectors * kWidth) {
    Float sums[kVectors] = {};
    for (std::size_t t = 0; t < count; ++t) {
#pragma GCC unroll 4
      for (std::size_t v = 0; v < kVectors; ++v) {
        sums[v] += lanes_at<kWidth>(rows + t * dim + d + v * kWidth) * weights[t];
      }
    }
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kVectors; ++v) lanes_at<kWidth>(out + d + v * kWidth) = sums[v];
  }
  for (; d < dim; d += kWidth) {
    Float sum{};
    for (std::size_t t = 0; t < count; ++t)
      sum += lanes_at<kWidth>(rows + t * dim + d) * weights[t];
    lanes_at<kWidth>(out + d) = sum;
  }
}

/// Softmax of the first `count` of `columns` values, in place; the others become 0.
template <int kWidth>
FRESHET_INLINE void softmax_row(float* values, std::size_t count, std::size_t columns) {
  using Float = typename Lanes<kWidth>::Float;
  for (std::size_t i = count; i < columns; ++i) values[i] = -std::numeric_limits<float>::infinity();
  Float largest = lanes_at<kWidth>(values);
  for (std::size_t i = kWidth; i < columns; i += kWidth) {
    const Float value = lanes_at<kWidth>(values + i);
    largest = value > largest ? value : largest;
  }
  const float shift = max_lanes<kWidth>(largest);
  Float sum{};
  for (std::size_t i = 0; i < columns; i += kWidth) {
    Float& value = lanes_at<kWidth>(values + i);
    exp_of_negative<kWidth>(value - shift, value);
    sum += value;
  }
  const float factor = 1 / sum_lanes<kWidth>(sum);
  for (std::size_t i = 0; i < columns; i += kWidth) lanes_at<kWidth>(values + i) *= factor;
}

template <int kWidth>
FRESHET_INLINE void attend(const AttentionArrays& a) {
  for (std::size_t b = 0; b < a.batch; ++b) {
    const float* steps = a.steps + a.starts[b] * a.dim;
    const std::size_t count = a.starts[b + 1] - a.starts[b];
    const float* keys = a.projected + b * (a.heads + 1) * a.dim;
    for (std::size_t h = 0; h < a.heads; ++h) {
      float* attention = a.attention + (b * a.heads + h) * a.attention_row;
      dot_rows<kWidth>(keys + h * a.dim, steps, count, a.dim, a.scale, attention);
      softmax_row<kWidth>(attention, count, padded(count));
      weighted_sum<kWidth>(attention, steps, count, a.dim, a.contexts + (b * a.heads + h) * a.dim);
    }
  }
}

/// With α the attention and γ the gradient of the context, the scores' gradient is
/// α_t (γ·x_t - Σ_s α_s γ·x_s), and the key's their sum over the steps.
template <int kWidth>
FRESHET_INLINE void attend_backward(const AttentionArrays& a) {
  for (std::size_t b = 0; b < a.batch; ++b) {
    const float* steps = a.steps + a.starts[b] * a.dim;
    const std::size_t count = a.starts[b + 1] - a.starts[b];
    float* keys = a.projected_gradients + b * (a.heads + 1) * a.dim;
    for (std::size_t h = 0; h < a.heads; ++h) {
      const std::size_t head = b * a.heads + h;
      const float* attention = a.attention + head * a.attention_row;
      float* scores = a.score_gradients + head * a.attention_row;
      dot_rows<kWidth>(a.context_gradients + head * a.dim, steps, count, a.dim, 1, scores);
      float mean = 0;
      for (std::size_t t = 0; t < count; ++t) mean += attention[t] * scores[t];
      for (std::size_t t = 0; t < count; ++t)
        scores[t] = a.scale * attention[t] * (scores[t] - mean);
      weighted_sum<kWidth>(scores, steps, count, a.dim, keys + h * a.dim);
    }
  }
}

/// x_t is both what is attended to (α γ) and what is compared with the key.
template <int kWidth>
FRESHET_INLINE void step_gradients(const AttentionArrays& a, const float* newest, float* out) {
  using Float = typename Lanes<kWidth>::Float;
  for (std::size_t b = 0; b < a.batch; ++b) {
    const float* keys = a.projected + b * (a.heads + 1) * a.dim;
    const std::size_t first = b * a.heads;
    for (std::size_t at = a.starts[b]; at < a.starts[b + 1]; ++at) {
      const std::size_t t = at - a.starts[b];
      for (std::size_t d = 0; d < a.dim; d += kWidth) {
        Float sum{};
        if (t == 0) sum = lanes_at<kWidth>(newest + b * a.dim + d);
        for (std::size_t h = 0; h < a.heads; ++h) {
          const float attention = a.attention[(first + h) * a.attention_row + t];
          const float score = a.score_gradients[(first + h) * a.attention_row + t];
          sum += lanes_at<kWidth>(a.context_gradients + (first + h) * a.dim + d) * attention;
          sum += lanes_at<kWidth>(keys + h * a.dim + d) * score;
        }
        lanes_at<kWidth>(out + at * a.dim + d) = sum;
      }
    }
  }
}

}  // namespace freshet
