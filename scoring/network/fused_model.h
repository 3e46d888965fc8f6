#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "config/scoring_config.h"
#include "scoring/network/aligned_floats.h"
#include "scoring/network/dense_weights.h"
#include "scoring/network/fused_kernels.h"
#include "scoring/network/network_checkpoint.h"

namespace freshet {

/// The dense part of the attention network, as TorchModel's: forward, the gradient by hand, dense
/// Adagrad. Rows are padded to whole vectors; the padding's weights, activations and gradients are
/// zero and stay so. Keeps the activations of the last forward pass for its backward pass; memory
/// grows to the largest batch seen, then nothing is allocated. Confined to one thread.
class FusedModel {
 public:
  FusedModel(const NetworkConfig& config, std::uint64_t seed, const FusedKernels& kernels);

  /// Padded dim: the row length of steps, queries and their gradients.
  std::size_t width() const { return width_; }

  /// Makes room for sequences of which number b begins at step starts[b] and ends at starts[b + 1],
  /// newest first; returns where the steps [starts.back(), width] go.
  float* start(std::span<const std::size_t> starts);
  /// Computes query vectors [batch, width]; valid until the next call.
  const float* forward();
  /// Computes the gradients of the dense weights, and of the steps into step_gradients(), from
  /// those of the queries [batch, width].
  void backward(const float* query_gradients);
  /// [starts.back(), width]; valid until the next call.
  const float* step_gradients() const { return step_gradients_.data(); }
  bool gradients_finite() const;

  /// One Adagrad step with the gradients of `backward`.
  void apply_gradients(float learning_rate);

  /// Without padding: DenseLayout of width dim.
  std::vector<float> weights() const;
  DenseState state() const;
  std::size_t weight_count() const { return plain_.size(); }
  void set_weights(std::span<const float> values);
  void set_state(const DenseState& state);

 private:
  std::vector<float> without_padding(const AlignedFloats& values) const;
  AttentionArrays attention_arrays();
  /// x W, of x [batch, depth] and W [depth, columns], which begins at `weights`.
  struct Projection {
    const float* x;
    std::size_t depth, weights, columns;
  };
  /// out = x W, or out += x W.
  void project(const Projection& p, float* out, bool add);
  /// From the gradients of x W [batch, columns]: those of W, and of x (set or added to).
  void project_backward(const Projection& p, const float* gradients, float* x_gradients, bool add);
  Projection keys_and_skip() const;
  Projection contexts() const;
  Projection hidden_in() const;
  Projection hidden_out() const;

  const FusedKernels& kernels_;
  std::size_t dim_, width_, heads_;
  DenseLayout plain_, layout_;
  AlignedFloats weights_, squares_, gradients_, transposed_;

  std::vector<std::size_t> starts_;
  std::size_t batch_ = 0, attention_row_ = 0;
  AlignedFloats steps_, newest_, projected_, attention_, contexts_, middle_, hidden_, queries_;
  AlignedFloats step_gradients_, newest_gradients_, projected_gradients_, score_gradients_,
      context_gradients_, middle_gradients_, hidden_gradients_;
};

}  // namespace freshet
