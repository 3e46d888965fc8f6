#pragma once

#include <absl/functional/function_ref.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/scoring_config.h"
#include "scoring/answers.h"
#include "scoring/knowledge.h"
#include "scoring/ranked_list.h"
#include "scoring/ranking/list_maker.h"
#include "scoring/ranking/rule_book.h"
#include "scoring/ranking/scorer.h"
#include "scoring/ranking/second_stage.h"
#include "scoring/ranking/sentences.h"

namespace freshet {

/// How much may be spent on a list.
enum class RankEffort : std::uint8_t {
  kFull,    ///< Everything.
  kCounts,  ///< Counts alone, for users that waited too long; their lists say kDeadline.
};

/// Takes the list of the request at a place of the batch.
using ListSink = absl::FunctionRef<void(std::size_t place, RankedList list)>;

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

  /// The same, each list as soon as it is made: the first of a large batch does not wait for the
  /// last. `sink` must not call back.
  void rank(std::span<const RankRequest> requests, RankEffort effort, ListSink sink);

  /// Says what became of the item named `item` in the list that `rank` gives for `request`, and
  /// why.
  Explanation explain(const RankRequest& request, std::string_view item, Language language);
  RuleBook& rules() { return rules_; }
  const RuleBook& rules() const { return rules_; }

 private:
  /// The requests as the experts see them; the network has looked at all of them.
  std::vector<Context> take_up(std::span<const RankRequest> requests, RankEffort effort);
  RankedList rank_one(const RankRequest& request, const Context& context, RankEffort effort);
  void offer_candidates(const RankRequest& request, const Context& context, RankEffort effort,
                        RankedList& list);
  void offer_cold(const UserState& state);
  /// Chooses between second stage and mixture; returns the scores and marks a failure in `list`.
  const std::vector<float>& final_scores(RankEffort effort, RankedList& list);
  std::vector<RankedItem> items_for(const RankRequest& request, const Context& context,
                                    ScenarioIndex scenario, std::size_t count);
  RankedItem item_of(const PlacedItem& placed, const RankRequest& request);
  void explain_offer(const PlacedItem& placed, const RankRequest& request, RankedItem& item);
  float popular_part(ItemRow row) const;
  void explain_candidate(ItemRow row, Language language, Explanation& explanation);
  void explain_cold(ItemRow row, Language language, Explanation& explanation);
  void explain_rank(ItemRow row, Explanation& explanation);
  void explain_place(ItemRow row, const RankedList& list, Explanation& explanation);

  const ScoringConfig config_;
  const Language language_;
  const Knowledge& knowledge_;
  RuleBook rules_;
  Scorer scorer_;
  ListMaker maker_;
  CandidateSet set_;
  SecondStagePass pass_;
  const std::vector<float>* scores_ = nullptr;  // [set_.rows]; null = the list has no candidates.
  std::vector<PoolItem> offers_;                // place = place in set_ or cold_.
  float normalizer_ = 0;
  bool is_cold_ = false;
  std::vector<ColdPopularity::Choice> cold_;
};

}  // namespace freshet
