#include "scoring/learning/guarded_trainers.h"

#include <limits>

namespace freshet {
namespace {

float reciprocal(std::size_t rank) { return 1 / (1 + static_cast<float>(rank)); }

constexpr std::size_t kMissing = std::numeric_limits<std::uint32_t>::max();

/// Share of the configured rates while the guard watches new learning.
constexpr double kProbationRate = 0.5;

}  // namespace

GuardedTrainers::GuardedTrainers(const ScoringConfig& config)
    : config_(config),
      guard_(config.guard),
      gate_(config.guard.enabled ? config.guard.gradient_norm_max : 0),
      mixture_(config.mixture),
      live_(config.second_stage, config.learning.seed),
      last_good_mixture_(mixture_),
      last_good_(live_) {}

SecondStageTrainer::Outcome GuardedTrainers::learn(const CandidateSet& set, std::size_t target,
                                                   bool teaches) {
  teaches = teaches && learns();
  if (teaches) live_.observe(set);
  live_outcome_ = last_good_outcome_ = {.rank = kMissing};
  if (target >= set.rows.size()) return live_outcome_;
  live_outcome_ = teaches ? live_.learn(set, target, gate_) : live_.rank(set, target);
  if (!config_.guard.enabled) return live_outcome_;
  // Frozen weights are their own copy.
  last_good_outcome_ = learns() ? last_good_.rank(set, target) : live_outcome_;
  return serves_live() ? live_outcome_ : last_good_outcome_;
}

void GuardedTrainers::judge(std::uint32_t mixture, std::uint32_t neighbours,
                            std::uint32_t popularity) {
  if (!has_second_stage()) live_outcome_ = last_good_outcome_ = {.rank = mixture};
  // Scores that are not finite by both come from the features.
  if (!last_good_outcome_.finite) return;
  GuardSample sample{.live = live_outcome_.finite ? reciprocal(live_outcome_.rank)
                                                  : std::numeric_limits<float>::quiet_NaN(),
                     .of = {reciprocal(last_good_outcome_.rank), reciprocal(mixture),
                            reciprocal(neighbours), reciprocal(popularity)}};
  // Without second stage there is nothing that could be better than the mixture and be chosen.
  if (!has_second_stage()) sample.of.fill(sample.live);
  follow(guard_.observe(sample));
}

void GuardedTrainers::follow(GuardAction action) {
  switch (action) {
    case GuardAction::kNone:
      return;
    case GuardAction::kKeep:
      last_good_ = live_;
      last_good_mixture_ = mixture_;
      return;
    case GuardAction::kRestart:
      live_ = last_good_ = SecondStageTrainer(config_.second_stage, config_.learning.seed);
      break;
    case GuardAction::kRollBack:
      live_ = last_good_;
      // A mixture mends itself within hundreds of events, unless the events are wrong.
      if (!guard_.trusts_stream()) mixture_ = last_good_mixture_;
      break;
    case GuardAction::kResume:
    case GuardAction::kRecover:
      break;
  }
  set_rate();
}

void GuardedTrainers::set_rate() {
  const GuardState state = guard_.state();
  const double rate = state == GuardState::kHealthy     ? 1
                      : state == GuardState::kProbation ? kProbationRate
                                                        : 0;
  live_.set_rate(rate);
  mixture_.set_rate(guard_.trusts_stream() ? 1 : rate);
}

}  // namespace freshet
