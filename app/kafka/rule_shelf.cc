#include "app/kafka/rule_shelf.h"

#include <algorithm>
#include <utility>

namespace freshet {

bool RuleShelf::is_configured(const std::string& name) const {
  return std::any_of(configured_.begin(), configured_.end(),
                     [&](const RuleConfig& rule) { return rule.name == name; });
}

tl::expected<void, BadRecord> RuleShelf::update(RuleUpdate update) {
  if (!update.rule) {
    from_topic_.erase(update.name);
    return {};
  }
  const bool adds = !is_configured(update.name) && !from_topic_.contains(update.name);
  if (adds && rules().size() >= rules_max_)
    return tl::unexpected(BadRecord{
        BadRecordReason::kBadValue,
        "rule " + update.name + ": there are scoring.rules_max = " + std::to_string(rules_max_) +
            " rules already; remove one by a record without a value, "
            "or raise the limit, then send it again"});
  from_topic_.insert_or_assign(update.name, std::move(*update.rule));
  return {};
}

std::vector<RuleConfig> RuleShelf::rules() const {
  std::vector<RuleConfig> rules;
  for (const RuleConfig& rule : configured_) {
    const auto newer = from_topic_.find(rule.name);
    rules.push_back(newer == from_topic_.end() ? rule : newer->second);
  }
  for (const auto& [name, rule] : from_topic_)
    if (!is_configured(name)) rules.push_back(rule);
  return rules;
}

}  // namespace freshet
