#include "scoring/ranking/rule.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include "ingest/event.h"

namespace freshet {
namespace {

constexpr std::uint32_t kEverywhere = ~std::uint32_t{0};

RuleKind kind_of(std::string_view name) {
  static constexpr std::array kNames{
      std::pair{"boost", RuleKind::kBoost},
      std::pair{"bury", RuleKind::kBury},
      std::pair{"pin", RuleKind::kPin},
      std::pair{"promote", RuleKind::kPromote},
      std::pair{"at_most", RuleKind::kAtMost},
      std::pair{"price", RuleKind::kPrice},
      std::pair{"availability", RuleKind::kAvailability},
      std::pair{"repurchase", RuleKind::kRepurchase},
      std::pair{"exclude", RuleKind::kExclude},
  };
  for (const auto& [known, kind] : kNames)
    if (known == name) return kind;
  return RuleKind::kExclude;  // Refused before it comes here; keeping out is the safe side.
}

std::uint32_t scenarios_of(const std::vector<std::string>& names,
                           const std::vector<ScenarioConfig>& scenarios) {
  if (names.empty()) return kEverywhere;
  const auto named = [&names](std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  std::uint32_t bits = named(kDefaultScenario) ? 1 : 0;
  for (std::size_t k = 0; k < scenarios.size(); ++k)
    if (named(scenarios[k].name)) bits |= std::uint32_t{2} << k;
  return bits;
}

Rule of_categories(RuleKind kind, std::vector<std::string> categories, std::size_t scenario) {
  Rule rule;
  rule.kind = kind;
  rule.config.categories = std::move(categories);
  rule.scenarios = std::uint32_t{2} << scenario;
  return rule;
}

}  // namespace

std::vector<Rule> resolve_rules(const std::vector<RuleConfig>& rules,
                                const std::vector<ScenarioConfig>& scenarios,
                                const std::vector<std::string>& context_keys) {
  std::vector<Rule> resolved;
  for (const RuleConfig& config : rules) {
    Rule& rule = resolved.emplace_back();
    rule.config = config;
    if (rule.config.text.empty()) rule.config.text = config.name;
    rule.kind = kind_of(config.kind);
    rule.scenarios = scenarios_of(config.scenarios, scenarios);
    if (rule.kind == RuleKind::kPin) rule.item = item_id_of(config.items.front());
    rule.log_factor = static_cast<float>(std::log(config.factor));
    for (const auto& [key, value] : config.unless_context) {
      const auto found = std::find(context_keys.begin(), context_keys.end(), key);
      rule.context_keys.push_back(static_cast<std::size_t>(found - context_keys.begin()));
    }
  }
  for (std::size_t k = 0; k < scenarios.size(); ++k) {
    if (!scenarios[k].categories.empty())
      resolved.push_back(of_categories(RuleKind::kOnly, scenarios[k].categories, k));
    if (!scenarios[k].categories_out.empty())
      resolved.push_back(of_categories(RuleKind::kExclude, scenarios[k].categories_out, k));
  }
  return resolved;
}

}  // namespace freshet
