#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "config/scoring_config.h"
#include "scoring/answers.h"
#include "scoring/knowledge.h"
#include "scoring/ranked_list.h"
#include "scoring/ranking/diversity.h"
#include "scoring/ranking/filters.h"
#include "scoring/ranking/scorer.h"
#include "scoring/ranking/second_stage.h"
#include "scoring/ranking/sentences.h"

namespace freshet {

/// How much may be spent on a list.
enum class RankEffort : std::uint8_t {
  kFull,    ///< Everything.
  kCounts,  ///< Counts alone, for users that waited too long; their lists say kDeadline.
};

/// Makes lists from knowledge: candidates, second stage, filters, reasons. Confined to one thread.
class Recommender {
 public:
  /// `knowledge` must outlive the recommender.
  Recommender(const ScoringConfig& config, const Knowledge& knowledge);

  /// Ranks for every request; same order, `reply` untouched. The same knowledge and requests give
  /// the same lists.
  std::vector<RankedList> rank(std::span<const RankRequest> requests, RankEffort effort);

  /// Says what became of the item named `item` in the list that `rank` gives for `request`, and
  /// why.
  Explanation explain(const RankRequest& request, std::string_view item, Language language);

 private:
  /// The requests as the experts see them; the network has looked at all of them.
  std::vector<Context> take_up(std::span<const RankRequest> requests, RankEffort effort);
  RankedList rank_one(const RankRequest& request, const Context& context, RankEffort effort);
  /// Chooses between second stage and mixture; returns the scores and marks a failure in `list`.
  const std::vector<float>& final_scores(RankEffort effort, RankedList& list);
  void take_best(std::size_t count, RankedList& list);
  void fill_cold(const UserState& state, std::size_t count, RankedList& list);
  void fill_with_popular(std::size_t count, RankedList& list);
  float popular_part(ItemRow row) const;
  RankedItem item_of(ItemRow row, float score) const;
  void explain_candidate(ItemRow row, Language language, Explanation& explanation);
  void explain_cold(ItemRow row, Language language, Explanation& explanation) const;
  void explain_place(ItemRow row, const RankedList& list, Explanation& explanation) const;

  const ScoringConfig config_;
  const Language language_;
  const Knowledge& knowledge_;
  Scorer scorer_;
  Filters filters_;
  Diversity diversity_;
  CandidateSet set_;
  SecondStagePass pass_;
  const std::vector<float>* scores_ = nullptr;  // [set_.rows]; null = the list has no candidates.
  std::vector<ScoredRow> order_;                // row = place in set_.
  std::vector<ColdPopularity::Choice> cold_;
};

}  // namespace freshet
