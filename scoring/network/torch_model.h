#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "config/scoring_config.h"
#include "scoring/network/network_checkpoint.h"

namespace freshet {

/// Tensors of one training step, on the model's device. B examples, T steps, M negatives, d = dim.
struct LossInput {
  at::Tensor steps;           ///< [B, T, d]; a leaf that wants its gradient.
  at::Tensor padding;         ///< [B, 1, T]; 0 or -infinity.
  at::Tensor targets;         ///< [B, d + 1], embedding then bias; a leaf that wants its gradient.
  at::Tensor negatives;       ///< [M, d + 1]; likewise.
  at::Tensor target_shift;    ///< [B]; -log q of the target.
  at::Tensor negative_shift;  ///< [B, M]; -log q, -infinity where it is the example's target.
  at::Tensor weights;         ///< [B].
};

/// A loss summed over examples and its gradients (of the tables' leaves on the CPU, contiguous).
struct LossAndGradients {
  float loss = 0;
  at::Tensor steps, targets, negatives;
  at::Tensor dense;  ///< Flat, on the model's device.
};

/// The dense part of the attention network (docs/model.md): heads h: a = softmax(A_h x_last · x /
/// √d), c_h = Σ a x; q = W_0 x_last + Σ W_h c_h; q += W_2 relu(W_1 q). One flat tensor with named
/// views, so that a delta, an update and a check are one operation each. Throws c10::Error; its
/// owner catches. Confined to one thread.
class TorchModel {
 public:
  TorchModel(const NetworkConfig& config, std::uint64_t seed, at::Device device);

  at::Device device() const { return flat_.device(); }

  /// Computes query vectors [B, d] of steps [B, T, d].
  at::Tensor forward(const at::Tensor& steps, const at::Tensor& padding) const;

  /// Sampled softmax with the logQ correction over target + negatives, by autograd.
  LossAndGradients differentiate(const LossInput& input) const;

  /// One Adagrad step.
  void apply_gradient(const at::Tensor& gradient, float learning_rate);

  /// All dense weights, flat, on the CPU; then the optimizer's sums, too.
  std::vector<float> weights() const;
  DenseState state() const;
  std::size_t weight_count() const { return static_cast<std::size_t>(flat_.numel()); }
  /// Overwrites them from [weight_count()].
  void set_weights(const float* values);
  void set_state(const DenseState& state);

 private:
  at::Tensor view(std::int64_t rows, std::int64_t columns);

  std::int64_t dim_;
  std::int64_t heads_;
  std::int64_t viewed_ = 0;   ///< Weights of flat_ that have a view already.
  at::Tensor flat_;           ///< [weight_count].
  at::Tensor squares_;        ///< [weight_count]; Adagrad's sums.
  at::Tensor keys_and_skip_;  ///< [d, (heads + 1) d]: A_1 … A_H, W_0 side by side.
  at::Tensor contexts_;       ///< [heads · d, d]: W_1 … W_H on top of each other.
  at::Tensor hidden_in_;      ///< [d, d].
  at::Tensor hidden_out_;     ///< [d, d].
};

}  // namespace freshet
