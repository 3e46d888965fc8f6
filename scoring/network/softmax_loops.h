#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "scoring/network/fused_kernels.h"
#include "scoring/network/lane_loops.h"
#include "scoring/vector_lanes.h"

// Bodies of the sampled softmax; included by fused_kernels.cc alone.
namespace freshet {

/// Turns products into logits: adds the shift, -infinity where the negative is the target itself.
/// Returns the largest, or `lowest`.
template <int kWidth>
FRESHET_INLINE float shift_logits(const SoftmaxArrays& a, ItemRow target, float lowest,
                                  float* logits) {
  using Float = typename Lanes<kWidth>::Float;
  using Int = typename Lanes<kWidth>::Int;
  const Float masked = Float{} - std::numeric_limits<float>::infinity();
  Float largest = Float{} + lowest;
  for (std::size_t j = 0; j < a.columns; j += kWidth) {
    const Int rows = *reinterpret_cast<const Int*>(a.negative_rows + j);
    Float& logit = lanes_at<kWidth>(logits + j);
    logit += lanes_at<kWidth>(a.negative_shifts + j);
    logit = rows == static_cast<std::int32_t>(target) ? masked : logit;
    largest = logit > largest ? logit : largest;
  }
  return max_lanes<kWidth>(largest);
}

template <int kWidth>
FRESHET_INLINE double softmax_example(const SoftmaxArrays& a, std::size_t b) {
  using Float = typename Lanes<kWidth>::Float;
  float* logits = a.logits + b * a.columns;
  const float target =
      dot<kWidth>(a.queries + b * a.dim, a.targets + b * a.dim, a.dim) + a.target_shifts[b];
  const float largest = shift_logits<kWidth>(a, a.target_rows[b], target, logits);
  Float sums{};
  for (std::size_t j = 0; j < a.columns; j += kWidth) {
    Float& logit = lanes_at<kWidth>(logits + j);
    exp_of_negative<kWidth>(logit - largest, logit);
    sums += logit;
  }
  const float of_target = std::exp(target - largest);
  const float of_negatives = sum_lanes<kWidth>(sums);
  const float sum = of_target + of_negatives;
  const float factor = a.weights[b] / sum;
  for (std::size_t j = 0; j < a.columns; j += kWidth) {
    Float& gradient = lanes_at<kWidth>(logits + j);
    gradient *= factor;
    lanes_at<kWidth>(a.negative_shift_gradients + j) += gradient;
  }
  // p - 1 without cancellation.
  a.target_gradients[b] = -factor * of_negatives;
  return static_cast<double>(a.weights[b]) * (std::log(sum) + (largest - target));
}

template <int kWidth>
FRESHET_INLINE double softmax(const SoftmaxArrays& a) {
  std::fill_n(a.negative_shift_gradients, a.columns, 0.0F);
  double loss = 0;
  for (std::size_t b = 0; b < a.batch; ++b) loss += softmax_example<kWidth>(a, b);
  return loss;
}

}  // namespace freshet
