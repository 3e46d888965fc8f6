#include "scoring/network/torch_model.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "scoring/network/dense_weights.h"

namespace freshet {
namespace {

at::Tensor initial_weights(std::int64_t dim, std::int64_t heads, std::uint64_t seed) {
  std::vector<float> weights =
      initial_dense_weights({static_cast<std::size_t>(dim), static_cast<std::size_t>(heads)}, seed);
  return at::from_blob(weights.data(), {static_cast<std::int64_t>(weights.size())}).clone();
}

std::vector<float> to_host(const at::Tensor& tensor) {
  const at::Tensor host = tensor.cpu();
  const float* values = host.data_ptr<float>();
  return {values, values + host.numel()};
}

/// Overwrites `tensor` from as many values.
void copy_to(at::Tensor& tensor, const float* values) {
  // from_blob wants a mutable pointer; it is only read.
  tensor.copy_(at::from_blob(const_cast<float*>(values), {tensor.numel()}));
}

}  // namespace

TorchModel::TorchModel(const NetworkConfig& config, std::uint64_t seed, at::Device device)
    : dim_(static_cast<std::int64_t>(config.dim)),
      heads_(static_cast<std::int64_t>(config.heads)),
      flat_(initial_weights(dim_, heads_, seed).to(device)),
      squares_(at::full_like(flat_, kInitialDenseSquare)),
      keys_and_skip_(view(dim_, (heads_ + 1) * dim_)),
      contexts_(view(heads_ * dim_, dim_)),
      hidden_in_(view(dim_, dim_)),
      hidden_out_(view(dim_, dim_)) {}

at::Tensor TorchModel::view(std::int64_t rows, std::int64_t columns) {
  const at::Tensor part = flat_.narrow(0, viewed_, rows * columns).view({rows, columns});
  viewed_ += rows * columns;
  return part.detach().set_requires_grad(true);
}

at::Tensor TorchModel::forward(const at::Tensor& steps, const at::Tensor& padding) const {
  const std::int64_t batch = steps.size(0);
  const at::Tensor newest = steps.select(1, steps.size(1) - 1);
  const at::Tensor projected = newest.mm(keys_and_skip_);
  const at::Tensor keys = projected.narrow(1, 0, heads_ * dim_).view({batch, heads_, dim_});
  const at::Tensor skip = projected.narrow(1, heads_ * dim_, dim_);
  const double scale = 1.0 / std::sqrt(static_cast<double>(dim_));
  const at::Tensor attention =
      at::baddbmm(padding, keys, steps.transpose(1, 2), 1, scale).softmax(-1);
  const at::Tensor contexts = attention.bmm(steps).view({batch, heads_ * dim_});
  const at::Tensor query = at::addmm(skip, contexts, contexts_);
  return at::addmm(query, query.mm(hidden_in_).relu(), hidden_out_);
}

LossAndGradients TorchModel::differentiate(const LossInput& input) const {
  const at::Tensor query = forward(input.steps, input.padding);
  const at::Tensor with_one = at::cat({query, at::ones({query.size(0), 1}, query.options())}, 1);
  const at::Tensor target = (with_one * input.targets).sum(1) + input.target_shift;
  const at::Tensor negative = at::addmm(input.negative_shift, with_one, input.negatives.t());
  const at::Tensor all = at::cat({target.unsqueeze(1), negative}, 1);
  const at::Tensor loss = ((all.logsumexp(1) - target) * input.weights).sum();
  auto gradients =
      torch::autograd::grad({loss}, {input.steps, input.targets, input.negatives, keys_and_skip_,
                                     contexts_, hidden_in_, hidden_out_});
  const auto on_host = [](const at::Tensor& gradient) { return gradient.cpu().contiguous(); };
  return {.loss = loss.item<float>(),
          .steps = on_host(gradients[0]),
          .targets = on_host(gradients[1]),
          .negatives = on_host(gradients[2]),
          .dense = at::cat({gradients[3].flatten(), gradients[4].flatten(), gradients[5].flatten(),
                            gradients[6].flatten()})};
}

void TorchModel::apply_gradient(const at::Tensor& gradient, float learning_rate) {
  squares_.addcmul_(gradient, gradient);
  flat_.addcdiv_(gradient, squares_.sqrt(), -learning_rate);
}

std::vector<float> TorchModel::weights() const { return to_host(flat_); }

DenseState TorchModel::state() const { return {to_host(flat_), to_host(squares_)}; }

void TorchModel::set_weights(const float* values) { copy_to(flat_, values); }

void TorchModel::set_state(const DenseState& state) {
  copy_to(flat_, state.weights.data());
  copy_to(squares_, state.squares.data());
}

}  // namespace freshet
