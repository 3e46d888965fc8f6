#pragma once

#include <absl/container/flat_hash_set.h>
#include <absl/functional/function_ref.h>

#include <cstdint>
#include <span>
#include <vector>

#include "config/scoring_config.h"
#include "scoring/knowledge.h"
#include "scoring/ranking/exploration_slots.h"
#include "scoring/ranking/filters.h"
#include "scoring/ranking/list_rules.h"
#include "scoring/ranking/reranker.h"

namespace freshet {

/// An item at its place.
struct PlacedItem {
  enum class How : std::uint8_t {
    kEmpty,
    kOffered,  ///< By its score.
    kRule,     ///< By a rule: pinned or promoted.
    kDrawn,    ///< By chance.
    kPopular,  ///< For want of anything better.
  };

  ItemRow row = kNoRow;
  How how = How::kEmpty;
  float score = 0;
  std::uint32_t place = 0;   ///< kOffered: PoolItem::place.
  RuleIndex rule = kNoRule;  ///< kRule.
  float propensity = 0;      ///< kDrawn.
};

/// What a list is made from.
struct ListOrder {
  const RankRequest& request;
  const Context& context;
  ScenarioIndex scenario = 0;
  std::size_t count = 0;             ///< Items wanted; 0 = the scenario's.
  std::span<const PoolItem> offers;  ///< Candidates; scores are logarithms of probabilities.
  absl::FunctionRef<float(ItemRow)> likelihood;  ///< Of any row, for campaigns' own items.
  bool fills_with_popular = true;                ///< Places that are left take popular items.
};

/// Puts items to their places: filters and rules first, then what rules place, then what is drawn,
/// then the rest by score or the scenario's dials, then popular items. Confined to one thread.
class ListMaker {
 public:
  /// All must outlive this object.
  ListMaker(const ScoringConfig& config, const Knowledge& knowledge, RuleBook& book);

  /// Returns the list, best first, without empty places; until the next call.
  std::span<const PlacedItem> make(const ListOrder& order);

  /// What kept the row out of the list made last: a filter's name (Filters::filter_of) or "rule";
  /// empty if nothing did.
  std::string_view filter_of(ItemRow row) const;

  /// What rules add to the score of the row in the list made last.
  float log_factor(ItemRow row) const { return rules_.log_factor(row); }

  /// Adds the rules' reasons of an item that is in the list made last.
  void explain(ItemRow row, std::vector<Reason>& reasons) { rules_.explain(row, reasons); }

 private:
  struct Settings {
    std::size_t list_size;
    std::size_t exploration_slots;
    RerankDials dials;
  };

  bool may_stand(ItemRow row);
  bool is_free(std::size_t place) const { return list_[place].how == PlacedItem::How::kEmpty; }
  bool put(std::size_t from, PlacedItem item);
  void collect(std::span<const PoolItem> offers);
  void place_pins();
  void place_promoted(const ListOrder& order);
  bool promote(RuleIndex rule, std::size_t from, const ListOrder& order);
  ItemRow best_leader(RuleIndex rule, const ListOrder& order);
  void draw(const ListOrder& order);
  void fill_by_score(const ListOrder& order);
  void calibrate(const RankRequest& request);
  void fill_with_popular(ScenarioIndex scenario);

  const Knowledge& knowledge_;
  RuleBook& book_;
  std::vector<Settings> settings_;  // [scenario]
  std::vector<std::string> names_;  // [scenario]
  Filters filters_;
  ListRules rules_;
  Reranker reranker_;
  ExplorationSlots exploration_;
  std::vector<PlacedItem> list_;
  absl::flat_hash_set<ItemRow> listed_;
  std::vector<PoolItem> pool_;
  std::vector<DrawnItem> drawn_;
};

}  // namespace freshet
