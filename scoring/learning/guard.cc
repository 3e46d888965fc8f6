#include "scoring/learning/guard.h"

#include <algorithm>
#include <cmath>

namespace freshet {
namespace {

/// Rate per window at which the usual quality follows the stream: what is hard for good becomes
/// usual within some fifty windows.
constexpr double kUsualRate = 0.02;
/// Below this share of the usual quality a window is no good one.
constexpr double kGoodShare = 0.5;
/// A copy that is as near to tripping as this is no better than what tripped.
constexpr double kCopyDrift = 0.5;
/// Trips before the next copy double the pause, up to this many times `good_windows`.
constexpr std::uint64_t kPauseMax = 16;

}  // namespace

std::string_view trip_cause_name(std::size_t cause) {
  constexpr std::array<std::string_view, kTripCauseCount> kNames = {
      "last_good", "mixture", "neighbours", "popularity", "past", "not_finite"};
  return kNames.at(cause);
}

GuardAction Guard::observe(const GuardSample& sample) {
  if (!config_.enabled) return GuardAction::kNone;
  if (!std::isfinite(sample.live)) return trip(kNotFiniteCause);
  window_live_ += sample.live;
  for (std::size_t k = 0; k < sample.of.size(); ++k) window_of_[k] += sample.of[k];
  ++window_events_;
  // Before the first window is over nothing is known of what is usual.
  if (windows_ > 0 && state() != GuardState::kFrozen)
    if (const auto cause = drifted(sample)) return trip(*cause);
  return window_events_ >= config_.window ? close_window() : GuardAction::kNone;
}

double Guard::reference(const GuardSample& sample, std::size_t reference) const {
  if (reference < sample.of.size()) return sample.of[reference] - config_.margin * figures_.usual;
  return config_.collapse_ratio * figures_.usual;
}

/// Returns the reference whose test trips.
std::optional<std::size_t> Guard::drifted(const GuardSample& sample) {
  for (std::size_t k = 0; k < kReferenceCount; ++k) {
    advance(figures_.drift[k], reference(sample, k) - sample.live);
    if (k < copy_drift_.size())
      advance(copy_drift_[k],
              reference(sample, k) - sample.of[static_cast<std::size_t>(Reference::kLastGood)]);
  }
  for (std::size_t k = 0; k < kReferenceCount; ++k)
    if (figures_.drift[k] > 1) return k;
  return {};
}

void Guard::advance(double& drift, double loss) const {
  drift = std::max(0.0, drift + loss / config_.threshold);
}

GuardAction Guard::trip(std::size_t cause) {
  ++figures_.trips[cause];
  figures_.cause = cause;
  needed_windows_ = std::clamp<std::uint64_t>(2 * needed_windows_, config_.good_windows,
                                              kPauseMax * config_.good_windows);
  // What is better than the live weights may be better than their copy, too.
  const bool copy_is_worse = cause < copy_drift_.size() && copy_drift_[cause] > kCopyDrift;
  enter(GuardState::kFrozen);
  return copy_is_worse ? GuardAction::kRestart : GuardAction::kRollBack;
}

void Guard::enter(GuardState state) {
  figures_.state = state;
  figures_.drift.fill(0);
  copy_drift_.fill(0);
  good_windows_ = 0;
  window_live_ = 0;
  window_of_.fill(0);
  window_events_ = 0;
}

GuardAction Guard::close_window() {
  const auto events = static_cast<double>(window_events_);
  figures_.live = window_live_ / events;
  for (std::size_t k = 0; k < window_of_.size(); ++k) figures_.of[k] = window_of_[k] / events;
  const bool is_good = is_good_window();
  ++windows_;
  const double rate = std::max(kUsualRate, 1 / static_cast<double>(windows_));
  figures_.usual += rate * (figures_.live - figures_.usual);
  window_live_ = 0;
  window_of_.fill(0);
  window_events_ = 0;
  return judge_window(is_good);
}

/// Frozen weights are their own copy, so all that counts is whether the stream can be foretold.
bool Guard::is_good_window() const {
  if (figures_.live < kGoodShare * figures_.usual) return false;
  if (state() == GuardState::kFrozen) return true;
  const double best = *std::max_element(figures_.of.begin(), figures_.of.end());
  return figures_.live >= best - config_.margin * figures_.usual;
}

GuardAction Guard::judge_window(bool is_good) {
  switch (state()) {
    case GuardState::kHealthy:
      good_windows_ += is_good ? 1 : 0;
      if (!is_good || good_windows_ < config_.keep_windows) return GuardAction::kNone;
      good_windows_ = needed_windows_ = 0;
      return GuardAction::kKeep;
    case GuardState::kFrozen:
      good_windows_ = is_good ? good_windows_ + 1 : 0;
      if (good_windows_ < needed_windows_) return GuardAction::kNone;
      enter(GuardState::kProbation);
      return GuardAction::kResume;
    case GuardState::kProbation:
      good_windows_ = is_good ? good_windows_ + 1 : 0;
      if (good_windows_ < needed_windows_) return GuardAction::kNone;
      enter(GuardState::kHealthy);
      return GuardAction::kRecover;
  }
  return GuardAction::kNone;
}

}  // namespace freshet
