#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "app/evaluation/ranking_metrics.h"
#include "scoring/ranked_list.h"

namespace freshet {

/// Metrics at one cut-off.
struct CutOffFigures {
  std::size_t k = 0;
  RankingFigures ranking;
  double coverage = 0;  ///< ExposureTotals::coverage of the newest catalogue.
};

/// Ranking metrics of part of the events.
struct SliceFigures {
  std::string group;  ///< What events are told apart by, for example "session length".
  std::string name;   ///< Which of them, for example "4-5".
  std::uint64_t events = 0;
  RankingFigures at_20;
};

/// What one expert's items did: those that have it as strongest reason.
struct SourceFigures {
  Source source = Source::kPopular;
  double listed_share = 0;  ///< Of all items listed.
  double hit_share = 0;     ///< Of all hits.
  double precision = 0;     ///< Hits / items listed.
};

/// How good a model's lists were. NaN = not defined: nothing to measure it by.
struct EvaluatedQuality {
  static constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

  std::uint64_t events = 0;
  std::array<CutOffFigures, kCutOffs.size()> at{};  ///< In the order of kCutOffs.

  double auc = kUndefined;                ///< ProbabilityTotals::auc.
  double log_loss = kUndefined;           ///< ProbabilityTotals::log_loss, nats.
  double calibration_error = kUndefined;  ///< ProbabilityTotals::calibration_error (ECE).

  double gini = kUndefined;  ///< ExposureTotals::gini of the newest catalogue.
  /// Mean over lists of the mean of -log2(share of the events so far) of their items, bits (Zhou et
  /// al., PNAS 2010; as RecTools' MeanInvUserFreq with events for users).
  double novelty = kUndefined;
  double intra_list_diversity = kUndefined;    ///< Mean of intra_list_diversity.
  double serendipity = kUndefined;             ///< Mean of serendipity_of_hit at 20; misses are 0.
  double surprise = kUndefined;                ///< Mean of surprise_of_hit; misses are 0.
  double calibration_divergence = kUndefined;  ///< Mean of calibration_divergence, nats.

  std::vector<SliceFigures> slices;    ///< Those with events.
  std::vector<SourceFigures> sources;  ///< Those that listed an item.

  const RankingFigures& at_20() const { return at.back().ranking; }
};

}  // namespace freshet
