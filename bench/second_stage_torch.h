#pragma once

#include <memory>
#include <span>
#include <vector>

#include "scoring/ranking/second_stage.h"

namespace freshet {

/// The second stage in LibTorch's eager operations and autograd: the same arithmetic as
/// SecondStageTrainer and score_candidates, moments excepted, which stand still. Batched as far as
/// that arithmetic allows. Confined to one thread.
class TorchSecondStage {
 public:
  virtual ~TorchSecondStage() = default;

  /// Keeps what the next calls work on: `users` times `candidates` rows of `used` features, and
  /// each user's mixture scores and target.
  struct Batch {
    std::size_t users = 0, candidates = 0, used = 0;
    std::vector<float> features, base;
    std::vector<std::int64_t> targets;
  };

  /// One step of Adam by the mean gradient of the batch's users, each ranked before by the averaged
  /// weights.
  virtual void learn(const Batch& batch) = 0;

  /// Scores all candidates of the batch by the averaged weights.
  virtual void score(const Batch& batch) = 0;

  /// The averaged weights, as SecondStageWeights::values without the unused features.
  virtual std::vector<float> weights() const = 0;
};

/// Starts at `start`, of which the first `used` features count.
std::unique_ptr<TorchSecondStage> make_torch_second_stage(const SecondStageWeights& start,
                                                          std::size_t used, float learning_rate);

}  // namespace freshet
