#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "config/scoring_config.h"
#include "scoring/catalogue/item_labels.h"
#include "scoring/delta.h"
#include "scoring/experts/popularity.h"
#include "scoring/ranking/rule.h"
#include "scoring/ranking/rule_rows.h"

namespace freshet {

/// How often a rule did something to an item of a list since it was last asked.
struct RuleEffect {
  std::string_view rule;  ///< Until the rules change.
  std::uint64_t items = 0;
};

/// All rules and what they say of the catalogue, kept up to date where something changes so that
/// lists only look it up: rows when items or rules change, what holds when a date passes, each
/// campaign's best-known items every ten seconds. Confined to one thread.
class RuleBook {
 public:
  /// `catalogue` and `popularity` must outlive the book. `context_keys`: the declared ones.
  RuleBook(const ScoringConfig& config, const Catalogue& catalogue, const Popularity& popularity,
           std::vector<std::string> context_keys);

  /// Replaces the rules; scenarios stay. Looks at every row.
  void set_rules(const std::vector<RuleConfig>& rules);

  /// Takes notice of what `delta`, which was just applied, did to items.
  void follow(const Delta& delta);

  /// Takes notice of the time on the wall.
  void set_time(EventTime now);

  /// Grows whenever other rules hold than before.
  std::uint64_t generation() const { return generation_; }

  /// The named scenario; the default one for an empty or unknown name.
  ScenarioIndex scenario(std::string_view name) const;

  std::span<const Rule> rules() const { return rules_; }
  std::span<const RuleIndex> of(ItemRow row) const { return rows_.of(row); }
  const ItemLabels& labels(ItemRow row) const { return labels_.of(row); }

  /// Rules that hold now in the scenario.
  std::span<const RuleIndex> live(ScenarioIndex scenario) const { return live_[scenario]; }

  /// Items that a rule matches, or for kNoRule those that the scenario does not keep out, most
  /// events first, at most kLeadersMax; for kPromote and the scenarios with rules that keep out.
  std::span<const ItemRow> leaders(RuleIndex rule) const { return leaders_[rule]; }
  std::span<const ItemRow> leaders_of_scenario(ScenarioIndex scenario) const {
    return scenario_leaders_[scenario];
  }
  static constexpr std::size_t kLeadersMax = 64;
  static constexpr std::size_t kScenarioLeadersMax = 200;

  void count_effect(RuleIndex rule, std::uint64_t items = 1) { effects_[rule] += items; }
  /// Effects of the rules with a name since the last call.
  std::vector<RuleEffect> take_effects();
  /// Effects as counted, to go back to after a list that nobody is served.
  std::vector<std::uint64_t> effect_counts() const { return effects_; }
  void set_effect_counts(std::vector<std::uint64_t> counts) { effects_ = std::move(counts); }

 private:
  struct Leader {
    std::uint32_t events;
    ItemRow row;
  };

  void note_changes(const Delta& delta);
  void choose_live();
  std::vector<RuleConfig> live_rules() const;
  void choose_leaders();
  bool keeps_out(ScenarioIndex scenario, ItemRow row) const;
  bool has_leaders(ScenarioIndex scenario) const;

  const Catalogue& catalogue_;
  const Popularity& popularity_;
  const std::vector<ScenarioConfig> scenarios_;
  const std::vector<std::string> context_keys_;
  std::vector<Rule> rules_;
  RuleRows rows_;
  LabelTable labels_;
  EventTime now_{};
  EventTime next_change_{};   // When what holds changes again.
  EventTime leaders_time_{};  // When leaders were last chosen.
  bool leaders_stale_ = true;
  std::uint64_t generation_ = 0;
  std::vector<std::vector<RuleIndex>> live_;            // [scenario]
  std::vector<std::vector<std::uint8_t>> is_live_;      // [scenario][rule]
  std::vector<std::vector<ItemRow>> leaders_;           // [rule]
  std::vector<std::vector<ItemRow>> scenario_leaders_;  // [scenario]
  std::vector<std::uint64_t> effects_;                  // [rule]
};

}  // namespace freshet
