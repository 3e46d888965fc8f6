#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "config/learning_config.h"

namespace freshet {

/// What the live weights are compared with, on the same events.
enum class Reference : std::uint8_t {
  kLastGood,    ///< Their own last good copy, frozen.
  kMixture,     ///< The mixture's order, without second stage.
  kNeighbours,  ///< The co-visitation expert alone.
  kPopularity,  ///< The popularity expert alone.
  kPast,        ///< A share of what the live weights usually reach: collapse_ratio of it.
};
inline constexpr std::size_t kReferenceCount = 5;

/// Why the guard stopped the learning: a reference was better, or a number was not finite.
inline constexpr std::size_t kTripCauseCount = kReferenceCount + 1;
inline constexpr std::size_t kLastGoodCause = 0;
inline constexpr std::size_t kBrokenStreamCause = 4;  ///< Reference::kPast.
inline constexpr std::size_t kNotFiniteCause = kReferenceCount;

/// "last_good", "mixture", "neighbours", "popularity", "past", "not_finite".
std::string_view trip_cause_name(std::size_t cause);

enum class GuardState : std::uint8_t {
  kHealthy,    ///< Learning at full rate; the live weights are served.
  kFrozen,     ///< The second stage is not learning; its last good copy is served.
  kProbation,  ///< Learning at half rate, out of sight; the last good copy is served.
};
inline constexpr std::size_t kGuardStateCount = 3;

/// "healthy", "frozen", "probation".
inline std::string_view to_string(GuardState state) {
  constexpr std::array<std::string_view, kGuardStateCount> kNames = {"healthy", "frozen",
                                                                     "probation"};
  return kNames.at(static_cast<std::size_t>(state));
}

/// What the guard's owner has to do.
enum class GuardAction : std::uint8_t {
  kNone,
  kKeep,      ///< Copy the live weights: they are the last good ones now.
  kRollBack,  ///< Go back to the last good copy, stop learning.
  kRestart,   ///< The last good copy is no better: go back to fresh weights, stop learning.
  kResume,    ///< Learn again at half rate; serve the last good copy still.
  kRecover,   ///< Serve the live weights again, learn at full rate.
};

/// One event's reciprocal ranks (1 = first, 0 = not found) by the live weights and the references;
/// `live` that is not finite says that the live weights are not.
struct GuardSample {
  float live = 0;
  std::array<float, kReferenceCount - 1> of{};  ///< By Reference, without kPast.
};

/// What the guard tells of itself.
struct GuardFigures {
  GuardState state = GuardState::kHealthy;
  std::size_t cause = kLastGoodCause;  ///< Of the newest trip.
  std::array<std::uint64_t, kTripCauseCount> trips{};
  double usual = 0;  ///< Mean reciprocal rank of the live weights, long run.
  double live = 0;   ///< The same over the newest whole window.
  std::array<double, kReferenceCount - 1> of{};  ///< The references' in that window.
  /// How far each test is from tripping: 0 = not at all, 1 = it trips.
  std::array<double, kReferenceCount> drift{};

  template <class Archive>
  void serialize(Archive& archive) {
    archive(state, cause, trips, usual, live, of, drift);
  }
};

/// Watches what is learned and says when to stop, go back and come again. Each reference has a
/// cumulative sum test (Page 1954; the Page-Hinkley test of Gama et al. 2014 with the mean under
/// the null hypothesis known, for live weights that are no worse than the reference):
///
///   S ← max(0, S + r_reference − r_live − margin · usual),  trips at S > threshold
///
/// A stream that is hard for all does not trip it: only what a reference does better counts. The
/// exception is kPast: weights that fall below `collapse_ratio` of what they usually reach learn
/// from a stream that is broken. Deterministic; confined to one thread.
class Guard {
 public:
  explicit Guard(const GuardConfig& config) : config_(config) {}

  /// Takes the next event.
  GuardAction observe(const GuardSample& sample);

  const GuardFigures& figures() const { return figures_; }
  GuardState state() const { return figures_.state; }
  /// False while learning is stopped, or watched, because events did not follow from histories.
  bool trusts_stream() const {
    return state() == GuardState::kHealthy || figures_.cause != kBrokenStreamCause;
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(figures_, window_live_, window_of_, window_events_, copy_drift_, windows_,
            good_windows_, needed_windows_);
  }

 private:
  std::optional<std::size_t> drifted(const GuardSample& sample);
  GuardAction trip(std::size_t cause);
  GuardAction close_window();
  GuardAction judge_window(bool is_good);
  bool is_good_window() const;
  double reference(const GuardSample& sample, std::size_t reference) const;
  void advance(double& drift, double loss) const;
  void enter(GuardState state);

  GuardConfig config_;
  GuardFigures figures_;
  double window_live_ = 0;  // Sums over the open window.
  std::array<double, kReferenceCount - 1> window_of_{};
  std::uint64_t window_events_ = 0;
  std::array<double, kReferenceCount - 1> copy_drift_{};  // The same tests of the last good copy.
  std::uint64_t windows_ = 0;                             // Closed ones.
  std::uint64_t good_windows_ = 0;  // In this state; since the last copy when healthy.
  // Good windows to stay in each state; doubles with each trip, until the next copy is kept.
  std::uint64_t needed_windows_ = 0;
};

}  // namespace freshet
