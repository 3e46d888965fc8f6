#include "scoring/network/fused_model.h"

#include <algorithm>
#include <cmath>

#include "config/assert.h"

namespace freshet {
namespace {

void make_room(AlignedFloats& values, std::size_t size) {
  if (values.size() < size) values.resize(size);
}

}  // namespace

FusedModel::FusedModel(const NetworkConfig& config, std::uint64_t seed, const FusedKernels& kernels)
    : kernels_(kernels),
      dim_(config.dim),
      width_(padded(config.dim)),
      heads_(config.heads),
      plain_{dim_, heads_},
      layout_{width_, heads_},
      weights_(layout_.size()),
      squares_(layout_.size(), kInitialDenseSquare),
      gradients_(layout_.size()),
      transposed_((heads_ + 1) * width_ * width_) {
  copy_dense(plain_, initial_dense_weights(plain_, seed), layout_, weights_, dim_);
}

float* FusedModel::start(std::span<const std::size_t> starts) {
  starts_.assign(starts.begin(), starts.end());
  batch_ = starts.size() - 1;
  std::size_t longest = 0;
  for (std::size_t b = 0; b < batch_; ++b) longest = std::max(longest, starts[b + 1] - starts[b]);
  attention_row_ = padded(longest);
  const std::size_t rows = batch_ * width_, wide = rows * (heads_ + 1);
  for (auto* values : {&newest_, &middle_, &hidden_, &queries_, &newest_gradients_,
                       &middle_gradients_, &hidden_gradients_}) {
    make_room(*values, rows);
  }
  for (auto* values : {&projected_, &projected_gradients_, &contexts_, &context_gradients_}) {
    make_room(*values, wide);
  }
  for (auto* values : {&attention_, &score_gradients_}) {
    make_room(*values, batch_ * heads_ * attention_row_);
  }
  for (auto* values : {&steps_, &step_gradients_}) make_room(*values, starts.back() * width_);
  return steps_.data();
}

AttentionArrays FusedModel::attention_arrays() {
  return {.batch = batch_,
          .heads = heads_,
          .dim = width_,
          .attention_row = attention_row_,
          .scale = 1.0F / std::sqrt(static_cast<float>(dim_)),
          .starts = starts_.data(),
          .steps = steps_.data(),
          .projected = projected_.data(),
          .attention = attention_.data(),
          .contexts = contexts_.data(),
          .context_gradients = context_gradients_.data(),
          .score_gradients = score_gradients_.data(),
          .projected_gradients = projected_gradients_.data()};
}

FusedModel::Projection FusedModel::keys_and_skip() const {
  return {newest_.data(), width_, layout_.keys_and_skip(), (heads_ + 1) * width_};
}
FusedModel::Projection FusedModel::contexts() const {
  return {contexts_.data(), heads_ * width_, layout_.contexts(), width_};
}
FusedModel::Projection FusedModel::hidden_in() const {
  return {middle_.data(), width_, layout_.hidden_in(), width_};
}
FusedModel::Projection FusedModel::hidden_out() const {
  return {hidden_.data(), width_, layout_.hidden_out(), width_};
}

void FusedModel::project(const Projection& p, float* out, bool add) {
  kernels_.multiply({.rows = batch_,
                     .depth = p.depth,
                     .columns = p.columns,
                     .a = p.x,
                     .a_row = p.depth,
                     .a_column = 1,
                     .b = weights_.data() + p.weights,
                     .b_row = p.columns,
                     .c = out,
                     .c_row = p.columns,
                     .add = add});
}

void FusedModel::project_backward(const Projection& p, const float* gradients, float* x_gradients,
                                  bool add) {
  kernels_.multiply({.rows = p.depth,
                     .depth = batch_,
                     .columns = p.columns,
                     .a = p.x,
                     .a_row = 1,
                     .a_column = p.depth,
                     .b = gradients,
                     .b_row = p.columns,
                     .c = gradients_.data() + p.weights,
                     .c_row = p.columns});
  kernels_.transpose(weights_.data() + p.weights, p.depth, p.columns, p.columns, transposed_.data(),
                     p.depth);
  kernels_.multiply({.rows = batch_,
                     .depth = p.columns,
                     .columns = p.depth,
                     .a = gradients,
                     .a_row = p.columns,
                     .a_column = 1,
                     .b = transposed_.data(),
                     .b_row = p.depth,
                     .c = x_gradients,
                     .c_row = p.depth,
                     .add = add});
}

const float* FusedModel::forward() {
  const std::size_t wide = (heads_ + 1) * width_, values = batch_ * width_;
  for (std::size_t b = 0; b < batch_; ++b) {
    std::copy_n(steps_.data() + starts_[b] * width_, width_, newest_.data() + b * width_);
  }
  project(keys_and_skip(), projected_.data(), false);
  kernels_.attend(attention_arrays());
  for (std::size_t b = 0; b < batch_; ++b) {
    std::copy_n(projected_.data() + b * wide + heads_ * width_, width_,
                middle_.data() + b * width_);
  }
  project(contexts(), middle_.data(), true);
  project(hidden_in(), hidden_.data(), false);
  // Written so that NaN stays.
  for (std::size_t i = 0; i < values; ++i) hidden_[i] = hidden_[i] < 0 ? 0 : hidden_[i];
  std::copy_n(middle_.data(), values, queries_.data());
  project(hidden_out(), queries_.data(), true);
  return queries_.data();
}

void FusedModel::backward(const float* query_gradients) {
  const std::size_t wide = (heads_ + 1) * width_, values = batch_ * width_;
  // queries = middle + relu(middle W_1) W_2
  project_backward(hidden_out(), query_gradients, hidden_gradients_.data(), false);
  for (std::size_t i = 0; i < values; ++i) {
    hidden_gradients_[i] = hidden_[i] > 0 ? hidden_gradients_[i] : 0;
  }
  std::copy_n(query_gradients, values, middle_gradients_.data());
  project_backward(hidden_in(), hidden_gradients_.data(), middle_gradients_.data(), true);
  // middle = skip + contexts W
  project_backward(contexts(), middle_gradients_.data(), context_gradients_.data(), false);
  for (std::size_t b = 0; b < batch_; ++b) {
    std::copy_n(middle_gradients_.data() + b * width_, width_,
                projected_gradients_.data() + b * wide + heads_ * width_);
  }
  kernels_.attend_backward(attention_arrays());
  project_backward(keys_and_skip(), projected_gradients_.data(), newest_gradients_.data(), false);
  kernels_.step_gradients(attention_arrays(), newest_gradients_.data(), step_gradients_.data());
}

bool FusedModel::gradients_finite() const {
  return std::isfinite(kernels_.squared_norm(gradients_.data(), gradients_.size()));
}

void FusedModel::apply_gradients(float learning_rate) {
  kernels_.update_dense(gradients_.data(), gradients_.size(), learning_rate, weights_.data(),
                        squares_.data());
}

std::vector<float> FusedModel::without_padding(const AlignedFloats& values) const {
  std::vector<float> plain(plain_.size());
  copy_dense(layout_, values, plain_, plain, dim_);
  return plain;
}

std::vector<float> FusedModel::weights() const { return without_padding(weights_); }

DenseState FusedModel::state() const {
  return {without_padding(weights_), without_padding(squares_)};
}

void FusedModel::set_weights(std::span<const float> values) {
  FRESHET_ASSERT(values.size() == plain_.size(), "all dense weights are overwritten");
  copy_dense(plain_, values, layout_, weights_, dim_);
}

void FusedModel::set_state(const DenseState& state) {
  set_weights(state.weights);
  copy_dense(plain_, state.squares, layout_, squares_, dim_);
}

}  // namespace freshet
