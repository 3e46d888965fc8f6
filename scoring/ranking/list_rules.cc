#include "scoring/ranking/list_rules.h"

#include <algorithm>
#include <cmath>

namespace freshet {

void ListRules::prepare(ScenarioIndex scenario, std::span<const std::string> context) {
  scenario_ = scenario;
  verdicts_.assign(book_.rules().size(), Verdict::kNone);
  only_.clear();
  taken_.clear();
  has_bounds_ = false;
  for (const RuleIndex index : book_.live(scenario)) {
    const Rule& rule = book_.rules()[index];
    if (rule.kind == RuleKind::kOnly) only_.push_back(index);
    verdicts_[index] = verdict_of(rule, context);
    has_bounds_ |= verdicts_[index] == Verdict::kBound;
  }
}

ListRules::Verdict ListRules::verdict_of(const Rule& rule,
                                         std::span<const std::string> context) const {
  switch (rule.kind) {
    case RuleKind::kBoost:
    case RuleKind::kBury:
      return Verdict::kFactor;
    case RuleKind::kAtMost:
      return Verdict::kBound;
    case RuleKind::kRepurchase:
      return Verdict::kRepurchase;
    case RuleKind::kPrice:
    case RuleKind::kAvailability:
      return Verdict::kKeepsOut;
    case RuleKind::kExclude:
      break;
    case RuleKind::kPin:
    case RuleKind::kPromote:
    case RuleKind::kOnly:
      return Verdict::kNone;
  }
  if (rule.context_keys.empty()) return Verdict::kKeepsOut;
  std::size_t k = 0;
  for (const auto& [key, value] : rule.config.unless_context) {
    const std::size_t place = rule.context_keys[k++];
    if (place >= context.size() || context[place] != value) return Verdict::kKeepsOut;
  }
  return Verdict::kNone;
}

/// The first rule that keeps the item out by name; kNoRule = none does.
RuleIndex ListRules::keeper_of(ItemRow row) const {
  const auto rules = book_.of(row);
  const auto keeper = std::find_if(rules.begin(), rules.end(), [this](RuleIndex rule) {
    return verdicts_[rule] == Verdict::kKeepsOut;
  });
  return keeper == rules.end() ? kNoRule : *keeper;
}

bool ListRules::lets_pass(ItemRow row) const {
  if (keeper_of(row) != kNoRule) return false;
  const auto rules = book_.of(row);
  return std::all_of(only_.begin(), only_.end(), [rules](RuleIndex rule) {
    return std::find(rules.begin(), rules.end(), rule) != rules.end();
  });
}

void ListRules::count_kept_out(ItemRow row) {
  if (const RuleIndex keeper = keeper_of(row); keeper != kNoRule) book_.count_effect(keeper);
}

float ListRules::log_factor(ItemRow row) const {
  float sum = 0;
  for (const RuleIndex rule : book_.of(row))
    if (verdicts_[rule] == Verdict::kFactor) sum += book_.rules()[rule].log_factor;
  return sum;
}

std::optional<std::chrono::seconds> ListRules::repurchase_window(ItemRow row) const {
  std::optional<std::chrono::seconds> window;
  for (const RuleIndex rule : book_.of(row))
    if (verdicts_[rule] == Verdict::kRepurchase)
      window =
          std::max(window.value_or(std::chrono::seconds{0}), book_.rules()[rule].config.window);
  return window;
}

void ListRules::count_repurchase(ItemRow row) {
  for (const RuleIndex rule : book_.of(row))
    if (verdicts_[rule] == Verdict::kRepurchase) book_.count_effect(rule);
}

/// 0 = it is not counted.
std::uint64_t ListRules::label_of(const Rule& rule, ItemRow row) const {
  const ItemLabels& labels = book_.labels(row);
  if (rule.config.per == "brand") return labels.brand;
  if (rule.config.per == "category") return labels.category;
  return rule.config.per == "top_category" ? labels.categories.front() : 1;
}

ListRules::Taken* ListRules::taken_of(RuleIndex rule, std::uint64_t label) {
  const auto found = std::find_if(taken_.begin(), taken_.end(), [&](const Taken& taken) {
    return taken.rule == rule && taken.label == label;
  });
  return found == taken_.end() ? nullptr : &*found;
}

bool ListRules::admits(ItemRow row) {
  if (!has_bounds_) return true;
  for (const RuleIndex rule : book_.of(row)) {
    if (verdicts_[rule] != Verdict::kBound) continue;
    const Taken* taken = taken_of(rule, label_of(book_.rules()[rule], row));
    if (taken == nullptr || taken->count < book_.rules()[rule].config.count) continue;
    book_.count_effect(rule);
    return false;
  }
  return true;
}

void ListRules::take(ItemRow row) {
  if (!has_bounds_) return;
  for (const RuleIndex rule : book_.of(row)) {
    if (verdicts_[rule] != Verdict::kBound) continue;
    const std::uint64_t label = label_of(book_.rules()[rule], row);
    if (label == 0) continue;
    if (Taken* taken = taken_of(rule, label)) {
      ++taken->count;
    } else {
      taken_.push_back({rule, label, 1});
    }
  }
}

void ListRules::explain(ItemRow row, std::vector<Reason>& reasons) {
  constexpr std::size_t kRuleReasonsMax = 4;
  const auto rules = book_.of(row);
  if (std::none_of(rules.begin(), rules.end(),
                   [this](RuleIndex rule) { return verdicts_[rule] == Verdict::kFactor; }))
    return;
  float boosts = 0;
  for (const RuleIndex rule : rules)
    if (verdicts_[rule] == Verdict::kFactor)
      boosts += std::max(0.0F, book_.rules()[rule].log_factor);
  // Of a probability that is multiplied by f, 1/f is the model's own.
  const float models = std::exp(-boosts);
  for (Reason& reason : reasons) reason.share *= models;
  std::size_t told = 0;
  for (const RuleIndex index : rules) {
    if (verdicts_[index] != Verdict::kFactor) continue;
    book_.count_effect(index);
    if (++told > kRuleReasonsMax) continue;
    const Rule& rule = book_.rules()[index];
    const float part = rule.log_factor > 0 ? rule.log_factor / boosts : 0;
    reasons.push_back(rule_reason(rule));
    reasons.back().share = part * (1 - models);
  }
  std::stable_sort(reasons.begin(), reasons.end(),
                   [](const Reason& a, const Reason& b) { return a.share > b.share; });
}

Reason rule_reason(const Rule& rule) {
  const char* what = "Placed";
  if (rule.kind == RuleKind::kPromote) what = "Promoted";
  if (rule.kind == RuleKind::kBoost) what = "Boosted";
  if (rule.kind == RuleKind::kBury) what = "Buried";
  return {.source = Source::kRule,
          .share = 1,
          .text = std::string(what) + ": " + rule.config.text,
          .rule = rule.config.name};
}

}  // namespace freshet
