#pragma once

#include "config/scoring_config.h"
#include "scoring/learning/gradient_gate.h"
#include "scoring/learning/guard.h"
#include "scoring/learning/mixture_trainer.h"
#include "scoring/learning/second_stage_trainer.h"
#include "scoring/ranking/features.h"

namespace freshet {

/// The trainers of mixture and second stage with the guard over them: keeps their last good copy,
/// and serves it while the guard does not trust what is learned. Confined to one thread.
class GuardedTrainers {
 public:
  explicit GuardedTrainers(const ScoringConfig& config);

  /// Ranks candidate `target` of `set` by the second stage and, if `teaches`, learns it. A `target`
  /// beyond the candidates teaches the features' moments alone and ranks last. Returns what the
  /// served weights made of it.
  SecondStageTrainer::Outcome learn(const CandidateSet& set, std::size_t target, bool teaches);

  /// Teaches the mixture. Returns the target's loss, -log p, before learning.
  float learn_mixture(std::size_t cell, const PerSource& target_probabilities,
                      const SourceSet& awake) {
    return mixture_.learn(cell, target_probabilities, awake);
  }

  /// The `able` experts' weights: mean over lengths of history, and over newest actions by how
  /// often they are.
  PerSource mean_mixture(const SourceSet& able) const { return mixture_.mean_weights(able); }

  /// Tells the guard of the event that `learn` saw last, and does as it says. `mixture`,
  /// `neighbours`, `popularity`: ranks, 0 = first; any large number = missing.
  void judge(std::uint32_t mixture, std::uint32_t neighbours, std::uint32_t popularity);

  bool has_second_stage() const { return live_.enabled(); }
  /// False while the second stage is not learning.
  bool learns() const { return guard_.state() != GuardState::kFrozen; }
  /// False while nothing should learn, counts excepted: the stream is broken.
  bool trusts_stream() const { return learns() || guard_.trusts_stream(); }

  /// What is to be served.
  const MixtureWeights& mixture() const { return mixture_.weights(); }
  const SecondStageWeights& second_stage() const {
    return serves_live() ? live_.weights() : last_good_.weights();
  }

  const GuardFigures& guard() const { return guard_.figures(); }
  /// What every gradient of the second stage goes through.
  GradientGate& gradients() { return gate_; }
  const GradientGate& gradients() const { return gate_; }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(guard_, mixture_, live_, last_good_mixture_, last_good_);
    if (Archive::is_loading::value) set_rate();
  }

 private:
  bool serves_live() const { return guard_.state() == GuardState::kHealthy; }
  void follow(GuardAction action);
  void set_rate();

  ScoringConfig config_;
  Guard guard_;
  GradientGate gate_;
  MixtureTrainer mixture_;
  SecondStageTrainer live_;
  MixtureTrainer last_good_mixture_;
  SecondStageTrainer last_good_;
  SecondStageTrainer::Outcome live_outcome_;  // Of the newest event.
  SecondStageTrainer::Outcome last_good_outcome_;
};

}  // namespace freshet
