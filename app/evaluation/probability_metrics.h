#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace freshet {

/// Says whether a model's probabilities mean what they say, in bounded memory (4 MB). Confined to
/// one thread.
class ProbabilityTotals {
 public:
  static constexpr std::size_t kCalibrationBins = 15;
  /// A probability below this counts as this in the log loss.
  static constexpr double kProbabilityMin = 1e-7;

  ProbabilityTotals();

  /// Notes a listed item: the probability it was given, 0..1, and whether it was the target.
  void add_listed(float probability, bool hit);

  /// Notes the probability that the target was given; 0 = it was no candidate.
  void add_target(float probability);

  /// Area under the ROC curve over listed items: the chance that an item that was the target got a
  /// higher probability than one that was not; equal ones count half (Fawcett 2006). Counted from a
  /// histogram, 2,048 bins for every factor of two: probabilities that differ by less than 1/2,048
  /// of themselves may count as equal, all others exactly. NaN without both kinds of items.
  double auc() const;

  /// Mean over events of -ln max(p(target), kProbabilityMin), in nats. NaN without events.
  double log_loss() const;

  /// Expected calibration error over listed items: Σ over 15 bins of equal width of (items in the
  /// bin / all items) · |hits / items - mean probability| (Naeini et al., AAAI 2015; Guo et al.,
  /// ICML 2017). NaN without items.
  double calibration_error() const;

 private:
  struct Score {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
  };
  struct Bin {
    std::uint64_t items = 0;
    std::uint64_t hits = 0;
    double probability_sum = 0;
  };

  std::vector<Score> scores_;  // By the leading bits of the probability, ascending.
  std::array<Bin, kCalibrationBins> bins_{};
  std::uint64_t targets_ = 0;
  double loss_sum_ = 0;
};

}  // namespace freshet
