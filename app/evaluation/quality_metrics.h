#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "app/evaluation/item_counts.h"
#include "app/evaluation/list_metrics.h"
#include "app/evaluation/probability_metrics.h"
#include "app/evaluation/quality_figures.h"
#include "app/evaluation/ranking_metrics.h"
#include "ingest/event.h"
#include "scoring/ranked_list.h"
#include "scoring/ranking/mixture.h"

namespace freshet {

/// One item of a list, as judged.
struct JudgedItem {
  ItemId id;
  float probability = 0;             ///< The model's own estimate that it is the next target, 0..1.
  Source source = Source::kPopular;  ///< The strongest reason's.
};

/// A list made before an event, and what the event then was. Spans last for the call.
struct JudgedEvent {
  std::span<const JudgedItem> list;  ///< Best first; what is beyond kEvaluatedListMax is ignored.
  ItemId target;                     ///< What the event was on.
  float target_probability = 0;      ///< Estimate for the target; 0 = it was no candidate.
  Action action = Action::kClick;
  std::size_t items = 0;            ///< Size of the catalogue that was ranked, at least 1.
  std::uint64_t user_events = 0;    ///< Events of the user before this one.
  std::size_t session_length = 0;   ///< Steps of the current session before this one.
  std::span<const ItemId> history;  ///< The user's newest items, in any order.
  std::span<const ItemId> popular;  ///< What popularity alone would have shown.
};

/// What the metrics ask of the outside. A function left empty leaves out what needs it.
struct QualityOptions {
  Similarity similarity;       ///< For diversity and surprise.
  CategoriesOf categories_of;  ///< For calibration of categories.
  /// The diversity of every n-th list is measured: one list takes 190 similarities. At least 1.
  std::size_t diversity_every = 1;
};

/// Quality of one model's lists over a stream. Memory is bounded by the number of items. Confined
/// to one thread.
class QualityMetrics {
 public:
  /// `counts`: of all events before the one judged; it outlives this object.
  explicit QualityMetrics(const ItemCounts& counts, QualityOptions options = {});

  /// Judges one event. It must not be in `counts` yet.
  void judge(const JudgedEvent& event);

  /// All figures so far; takes some milliseconds.
  EvaluatedQuality figures() const;

  /// The ranks of all targets so far: cheap, for figures while running and over time.
  const RankTotals& ranks() const { return ranks_; }

 private:
  /// Mean of what is defined.
  struct Mean {
    double sum = 0;
    std::uint64_t count = 0;

    void add(double value);
    double value() const;
  };
  struct SourceTotals {
    std::uint64_t listed = 0;
    std::uint64_t hits = 0;
  };

  void judge_list(const JudgedEvent& event, std::span<const ItemId> ids, std::size_t rank);
  void judge_slices(const JudgedEvent& event, std::size_t rank);
  std::vector<SliceFigures> slices() const;
  std::vector<SourceFigures> sources() const;

  const ItemCounts& counts_;
  const QualityOptions options_;
  RankTotals ranks_;
  ProbabilityTotals probabilities_;
  ExposureTotals exposure_;
  std::size_t items_ = 0;  // Of the newest event.
  Mean novelty_, diversity_, serendipity_, surprise_, divergence_;
  std::array<RankTotals, 3> by_item_events_;
  std::array<RankTotals, 2> by_user_events_;
  std::array<RankTotals, kLengthBuckets> by_session_length_;
  std::array<RankTotals, kActionCount> by_action_;
  std::array<SourceTotals, kReasonSourceCount> by_source_;
};

}  // namespace freshet
