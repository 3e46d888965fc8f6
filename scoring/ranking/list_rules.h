#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "scoring/ranked_list.h"
#include "scoring/ranking/rule_book.h"

namespace freshet {

/// What the rules say of one list: which hold for this user, what they do to an item, and how much
/// room their bounds leave. Counts what they do to the list. Confined to one thread.
class ListRules {
 public:
  /// `book` must outlive this object.
  explicit ListRules(RuleBook& book) : book_(book) {}

  /// Takes up a list. `context`: the user's values of the declared keys.
  void prepare(ScenarioIndex scenario, std::span<const std::string> context);

  /// False if a rule keeps the item out.
  bool lets_pass(ItemRow row) const;
  /// Counts that it does.
  void count_kept_out(ItemRow row);

  /// What boosts and buries add to the logarithm of the item's probability.
  float log_factor(ItemRow row) const;

  /// How long the item stays out once it was bought; empty = no rule says so.
  std::optional<std::chrono::seconds> repurchase_window(ItemRow row) const;
  /// Counts that the item stays out since it was bought.
  void count_repurchase(ItemRow row);

  /// False if the list has as many items like this one as it may.
  bool admits(ItemRow row);
  /// The item stands in the list.
  void take(ItemRow row);

  /// Adds why its place is not the model's alone, and scales the other reasons' shares to what is
  /// left to them.
  void explain(ItemRow row, std::vector<Reason>& reasons);

  /// Rules of one kind that hold, in their order.
  template <class Use>
  void for_each(RuleKind kind, const Use& use) const {
    for (const RuleIndex rule : book_.live(scenario_))
      if (book_.rules()[rule].kind == kind) use(rule, book_.rules()[rule]);
  }

  ScenarioIndex scenario() const { return scenario_; }
  bool has_bounds() const { return has_bounds_; }

 private:
  enum class Verdict : std::uint8_t { kNone, kKeepsOut, kFactor, kBound, kRepurchase };
  struct Taken {
    RuleIndex rule;
    std::uint64_t label;
    std::size_t count;
  };

  Verdict verdict_of(const Rule& rule, std::span<const std::string> context) const;
  RuleIndex keeper_of(ItemRow row) const;
  std::uint64_t label_of(const Rule& rule, ItemRow row) const;
  Taken* taken_of(RuleIndex rule, std::uint64_t label);

  RuleBook& book_;
  ScenarioIndex scenario_ = 0;
  std::vector<Verdict> verdicts_;  // [rule]
  std::vector<RuleIndex> only_;
  std::vector<Taken> taken_;
  bool has_bounds_ = false;
};

/// The reason of an item that a rule put in its place.
Reason rule_reason(const Rule& rule);

}  // namespace freshet
