#pragma once

#include <span>
#include <string>
#include <vector>

#include "config/scoring_config.h"
#include "scoring/knowledge.h"
#include "scoring/ranked_list.h"
#include "scoring/ranking/list_maker.h"
#include "scoring/ranking/rule_book.h"
#include "scoring/ranking/scorer.h"
#include "scoring/ranking/second_stage.h"

namespace freshet {

/// How much may be spent on a list.
enum class RankEffort : std::uint8_t {
  kFull,    ///< Everything.
  kCounts,  ///< Counts alone, for users that waited too long; their lists say kDeadline.
};

/// Makes lists from knowledge: candidates, second stage, then a list for each scenario that is
/// asked for, with its rules and reasons. Confined to one thread.
class Recommender {
 public:
  /// `knowledge` must outlive the recommender. `context_keys`: the declared ones, in the order of
  /// UserState::context.
  Recommender(const ScoringConfig& config, const Knowledge& knowledge,
              std::vector<std::string> context_keys = {});

  /// Ranks for every request; same order, `reply` untouched. The same knowledge, rules, time and
  /// requests give the same lists.
  std::vector<RankedList> rank(std::span<const RankRequest> requests, RankEffort effort);

  RuleBook& rules() { return rules_; }

 private:
  RankedList rank_one(const RankRequest& request, const Context& context, RankEffort effort);
  void offer_candidates(const Context& context, RankEffort effort, RankedList& list);
  void offer_cold(const UserState& state);
  /// Chooses between second stage and mixture; returns the scores and marks a failure in `list`.
  const std::vector<float>& final_scores(RankEffort effort, RankedList& list);
  std::vector<RankedItem> items_for(const RankRequest& request, const Context& context,
                                    ScenarioIndex scenario, std::size_t count);
  RankedItem item_of(const PlacedItem& placed, const RankRequest& request);
  void explain_offer(const PlacedItem& placed, const RankRequest& request, RankedItem& item);

  const ScoringConfig config_;
  const Knowledge& knowledge_;
  RuleBook rules_;
  Scorer scorer_;
  ListMaker maker_;
  CandidateSet set_;
  SecondStagePass pass_;
  std::vector<PoolItem> offers_;  // place = place in set_ or cold_.
  float normalizer_ = 0;
  bool is_cold_ = false;
  std::vector<ColdPopularity::Choice> cold_;
};

}  // namespace freshet
