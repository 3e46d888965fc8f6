#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "config/scoring_config.h"
#include "scoring/learning/gradient_gate.h"
#include "scoring/ranking/second_stage.h"

namespace freshet {

/// Learns the second stage online: softmax over one event's candidates, the target among them, mean
/// gradient of kGradientEvents events, Adam (Kingma & Ba 2015). Features are standardised by
/// running moments. What ranks is the running mean of the weights that the steps move (Polyak &
/// Juditsky 1992, with exponential forgetting): Adam's constant rate keeps those trembling around
/// the optimum. Confined to one thread.
class SecondStageTrainer {
 public:
  static constexpr std::size_t kGradientEvents = 8;

  SecondStageTrainer(const SecondStageConfig& config, std::uint64_t seed);

  /// Takes the candidates' features into the running moments. Comes before `learn`.
  void observe(const CandidateSet& set);

  /// What the weights before learning made of a target.
  struct Outcome {
    std::size_t rank = 0;   ///< 0 = first.
    float probability = 0;  ///< As log_normalizer has it.
    bool finite = true;     ///< False: it ranks last and teaches nothing.
  };

  /// Says what the weights make of candidate `target`, and leaves them as they are.
  Outcome rank(const CandidateSet& set, std::size_t target);

  /// Learns that candidate `target` of `set` was it; every step's gradient goes through `gate`.
  Outcome learn(const CandidateSet& set, std::size_t target, GradientGate& gate);

  /// Learns at this share of the configured rate; 1 at first. Not kept with the rest.
  void set_rate(double share) { rate_ = share; }

  bool enabled() const { return weights_.hidden > 0; }
  /// The averaged weights: what ranks.
  const SecondStageWeights& weights() const { return average_; }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(weights_, average_, variance_, moment_events_, content_moment_events_, gradient_,
            gradient_events_, adam_mean_, adam_square_, adam_steps_);
  }

 private:
  void add_gradient(const CandidateSet& set, std::size_t target);
  void step(GradientGate& gate);
  void follow_average();

  SecondStageConfig config_;
  double rate_ = 1;
  SecondStageWeights weights_;  // What the steps move.
  SecondStageWeights average_;
  std::vector<float> variance_;  // [F]
  std::uint64_t moment_events_ = 0;
  std::uint64_t content_moment_events_ = 0;
  std::vector<float> gradient_;  // Like SecondStageWeights::values, summed over gradient_events_.
  std::size_t gradient_events_ = 0;
  std::vector<float> adam_mean_;
  std::vector<float> adam_square_;
  std::uint64_t adam_steps_ = 0;
  SecondStagePass pass_;  // By weights_.
  SecondStagePass average_pass_;
  std::vector<float> hidden_gradients_;  // [moving_.size(), hidden]
  std::vector<const float*> moving_;     // Inputs of the candidates that move the weights.
};

}  // namespace freshet
