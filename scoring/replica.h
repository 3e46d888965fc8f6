#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"
#include "config/scoring_config.h"
#include "scoring/answers.h"
#include "scoring/delta.h"
#include "scoring/knowledge.h"
#include "scoring/ranked_list.h"
#include "scoring/ranking/recommender.h"
#include "scoring/related/bundles.h"
#include "scoring/related/item_lists.h"

namespace freshet {

/// What a process scores with: a copy of the learner's knowledge that follows it by deltas, applied
/// between two batches. Confined to one thread (the scoring thread).
class Replica {
 public:
  /// `factory` may be null: then lists come from counts (the CPU default).
  /// `context_keys`: the declared ones (`ingest.context`), for rules that look at them.
  Replica(const ScoringConfig& config, const NetworkFactory& factory,
          std::vector<std::string> context_keys = {});
  Replica(const Replica&) = delete;
  Replica& operator=(const Replica&) = delete;

  /// Takes over what the learner has learned. Deltas must come in the order of their versions.
  /// Errors: kCorrupt when an image cannot be read; nothing has changed then.
  Status apply(const Delta& delta);

  /// Replaces the rules, those of the configuration included. They must be valid (rule_problems).
  void set_rules(const std::vector<RuleConfig>& rules) { recommender_.rules().set_rules(rules); }

  /// Sets the time on the wall, by which campaigns begin and end; at first it is the epoch.
  void set_time(EventTime now) { recommender_.rules().set_time(now); }

  /// Grows whenever other rules hold than before.
  std::uint64_t rules_generation() const { return recommender_.rules().generation(); }

  /// What rules did to lists since the last call.
  std::vector<RuleEffect> take_rule_effects() { return recommender_.rules().take_effects(); }

  /// Ranks for every request; same order. Always gives a list; RankedList::fallback says what it
  /// lacks. Does not call `reply`.
  std::vector<RankedList> rank(std::span<const RankRequest> requests,
                               RankEffort effort = RankEffort::kFull);

  /// The same, each list as soon as it is made. `sink` must not call back.
  void rank(std::span<const RankRequest> requests, RankEffort effort, ListSink sink);

  /// What became of an item in the list that `rank` gives for `request`, and why; texts in
  /// `language` ("en", "de", "zh"). Does not call `reply`.
  Explanation explain(const RankRequest& request, std::string_view item_name,
                      std::string_view language);

  // The next six obey the default scenario's rules as for somebody of whom nothing is known.

  /// Items that go with the named one, best first; empty if it is unknown.
  std::vector<RankedItem> related(std::string_view item_name, std::size_t count);

  /// Items whose content is like the named one's, best first; empty if it is unknown.
  std::vector<RankedItem> similar(std::string_view item_name, std::size_t count);

  /// What completes a basket of named items: bought or put into carts together (complete_basket).
  Bundle bundle(std::span<const std::string> basket, const BundleLimits& limits);

  /// Both of the row's item, at most `count` of each.
  ItemRelations relations(ItemRow row, std::size_t count);

  /// What many users are at now, against what is usual, strongest first.
  std::vector<ItemFigures> trending(const ItemListWish& wish);

  /// The items that came last, newest first.
  std::vector<ItemFigures> newest(const ItemListWish& wish);

  /// What is known of the named item; nothing if it is unknown.
  std::optional<ItemFigures> item_figures(std::string_view item_name) const;

  /// The most popular available items, best first, at most kPopularMax.
  std::vector<ItemId> popular(std::size_t count) const;

  /// The named item's row, or kNoRow.
  ItemRow row_of(std::string_view item_name) const;

  ModelVersion version() const { return knowledge_.version(); }
  const Catalogue& catalogue() const { return knowledge_.catalogue(); }
  const Knowledge& knowledge() const { return knowledge_; }

 private:
  const Language language_;
  Knowledge knowledge_;
  Recommender recommender_;
};

}  // namespace freshet
