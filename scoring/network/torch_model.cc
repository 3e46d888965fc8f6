#include "scoring/network/torch_model.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "scoring/network/split_mix.h"

namespace freshet {
namespace {

/// Adagrad's sums start here: less, and the first steps are too long, more, too short.
constexpr double kInitialSquare = 0.001;

/// Identity where the query starts as the newest step's embedding (keys, skip), small random values
/// elsewhere; from our own generator, hence equal on every device.
at::Tensor initial_weights(std::int64_t dim, std::int64_t heads, std::uint64_t seed) {
  SplitMix random(seed);
  const auto noise = [&](std::int64_t rows, std::int64_t columns, float scale) {
    at::Tensor values = at::empty({rows, columns});
    float* value = values.data_ptr<float>();
    for (std::int64_t i = 0; i < rows * columns; ++i) value[i] = (2 * random.uniform() - 1) * scale;
    return values;
  };
  const float scale = 1.0F / std::sqrt(static_cast<float>(dim));
  const at::Tensor identity = at::eye(dim);
  at::Tensor keys_and_skip = noise(dim, (heads + 1) * dim, 0.1F * scale);
  keys_and_skip.add_(identity.repeat({1, heads + 1}));
  return at::cat({keys_and_skip.flatten(), noise(heads * dim, dim, 0.1F * scale).flatten(),
                  noise(dim, dim, scale).flatten(), noise(dim, dim, 0.1F * scale).flatten()});
}

}  // namespace

TorchModel::TorchModel(const NetworkConfig& config, std::uint64_t seed, at::Device device)
    : dim_(static_cast<std::int64_t>(config.dim)),
      heads_(static_cast<std::int64_t>(config.heads)),
      flat_(initial_weights(dim_, heads_, seed).to(device)),
      squares_(at::full_like(flat_, kInitialSquare)),
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

std::vector<float> TorchModel::weights() const {
  const at::Tensor host = flat_.cpu();
  const float* values = host.data_ptr<float>();
  return {values, values + host.numel()};
}

void TorchModel::set_weights(const float* values) {
  // from_blob wants a mutable pointer; it is only read.
  flat_.copy_(at::from_blob(const_cast<float*>(values), {flat_.numel()}));
}

void TorchModel::save(NamedTensors& archive) const {
  archive["dense.keys_and_skip"] = keys_and_skip_.detach().cpu();
  archive["dense.contexts"] = contexts_.detach().cpu();
  archive["dense.hidden_in"] = hidden_in_.detach().cpu();
  archive["dense.hidden_out"] = hidden_out_.detach().cpu();
  archive["dense.squares"] = squares_.cpu();
}

void TorchModel::load(const NamedTensors& archive) {
  flat_.copy_(
      at::cat({archive.at("dense.keys_and_skip").flatten(), archive.at("dense.contexts").flatten(),
               archive.at("dense.hidden_in").flatten(), archive.at("dense.hidden_out").flatten()}));
  squares_.copy_(archive.at("dense.squares"));
}

}  // namespace freshet
