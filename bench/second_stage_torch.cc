#include "bench/second_stage_torch.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace freshet {
namespace {

using Parameters =
    std::array<at::Tensor, 4>;  // w [F, 1], W [F, hidden], b [hidden], v [hidden, 1].

at::Tensor tensor(const float* values, std::vector<std::int64_t> shape) {
  return at::from_blob(const_cast<float*>(values), shape);  // Only read.
}

class Eager final : public TorchSecondStage {
 public:
  Eager(const SecondStageWeights& start, std::size_t used, float learning_rate)
      : rate_(learning_rate),
        mean_(tensor(start.mean.data(), {size(used)}).clone()),
        inverse_std_(tensor(start.inverse_std.data(), {size(used)}).clone()) {
    const auto hidden = size(start.hidden), all = size(start.mean.size()), some = size(used);
    moving_ = {tensor(start.direct(), {some, 1}).clone(),
               tensor(start.inner(), {all, hidden}).narrow(0, 0, some).clone(),
               tensor(start.inner_bias(), {hidden}).clone(),
               tensor(start.outer(), {hidden, 1}).clone()};
    for (std::size_t k = 0; k < moving_.size(); ++k) {
      average_[k] = moving_[k].clone();
      adam_mean_[k] = at::zeros_like(moving_[k]);
      adam_square_[k] = at::zeros_like(moving_[k]);
      moving_[k].set_requires_grad(true);
    }
  }

  void learn(const Batch& batch) override {
    const at::Tensor inputs = standardised(batch), base = base_of(batch);
    const at::Tensor targets = at::from_blob(const_cast<std::int64_t*>(batch.targets.data()),
                                             {size(batch.users), 1}, at::kLong);
    rank(forward(average_, inputs, base), base, targets);
    const at::Tensor scores = forward(moving_, inputs, base);
    const at::Tensor loss = (scores.logsumexp(1) - scores.gather(1, targets).squeeze(1)).mean();
    step(torch::autograd::grad({loss}, {moving_[0], moving_[1], moving_[2], moving_[3]}));
  }

  void score(const Batch& batch) override {
    const at::NoGradGuard no_gradient;
    last_ = forward(average_, standardised(batch), base_of(batch));
  }

  std::vector<float> weights() const override {
    std::vector<float> values;
    for (const at::Tensor& parameter : average_) {
      const float* data = parameter.data_ptr<float>();
      values.insert(values.end(), data, data + parameter.numel());
    }
    return values;
  }

 private:
  static std::int64_t size(std::size_t count) { return static_cast<std::int64_t>(count); }

  static at::Tensor base_of(const Batch& batch) {
    return tensor(batch.base.data(), {size(batch.users), size(batch.candidates)});
  }

  at::Tensor standardised(const Batch& batch) const {
    const at::Tensor features =
        tensor(batch.features.data(), {size(batch.users * batch.candidates), size(batch.used)});
    return ((features - mean_) * inverse_std_).clamp_(-kFeatureClip, kFeatureClip);
  }

  static at::Tensor forward(const Parameters& by, const at::Tensor& inputs,
                            const at::Tensor& base) {
    const at::Tensor hidden = at::addmm(by[2], inputs, by[1]).relu();
    return base + (inputs.mm(by[0]) + hidden.mm(by[3])).view(base.sizes());
  }

  /// Place and probability of the targets.
  void rank(const at::Tensor& scores, const at::Tensor& base, const at::Tensor& targets) {
    const at::Tensor target = scores.gather(1, targets);
    last_ = (scores > target).sum(1);
    const at::Tensor mass = base.exp().sum(1).clamp_max(1).log();
    last_ = (target.squeeze(1) - scores.logsumexp(1) + mass).exp();
  }

  /// Adam (Kingma & Ba 2015), then the running mean of the weights, as in SecondStageTrainer.
  void step(const torch::autograd::variable_list& gradients) {
    const at::NoGradGuard no_gradient;
    ++steps_;
    const double steps = static_cast<double>(steps_);
    const double step_size = rate_ / (1 - std::pow(0.9, steps));
    const double square_root = std::sqrt(1 - std::pow(0.999, steps));
    const double follow = std::max(1 / 1'000.0, 10 / (steps + 10));
    for (std::size_t k = 0; k < moving_.size(); ++k) {
      adam_mean_[k].mul_(0.9).add_(gradients[k], 0.1);
      adam_square_[k].mul_(0.999).addcmul_(gradients[k], gradients[k], 0.001);
      moving_[k].addcdiv_(adam_mean_[k], (adam_square_[k].sqrt() / square_root).add_(1e-8),
                          -step_size);
      average_[k].lerp_(moving_[k], follow);
    }
  }

  const double rate_;
  const at::Tensor mean_, inverse_std_;
  Parameters moving_, average_, adam_mean_, adam_square_;
  std::int64_t steps_ = 0;
  at::Tensor last_;
};

}  // namespace

std::unique_ptr<TorchSecondStage> make_torch_second_stage(const SecondStageWeights& start,
                                                          std::size_t used, float learning_rate) {
  return std::make_unique<Eager>(start, used, learning_rate);
}

}  // namespace freshet
