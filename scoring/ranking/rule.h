#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "config/ids.h"
#include "config/rules_config.h"

namespace freshet {

/// What a rule does with the items that it matches (docs/rules.md).
enum class RuleKind : std::uint8_t {
  kBoost,
  kBury,
  kPin,
  kPromote,
  kAtMost,
  kPrice,
  kAvailability,
  kRepurchase,
  kExclude,
  kOnly,  ///< What it does not match stays out; a scenario's `categories`.
};

/// Place of a rule among all of them.
using RuleIndex = std::uint16_t;
inline constexpr RuleIndex kNoRule = std::numeric_limits<RuleIndex>::max();

/// Place of a scenario among all of them; 0 = the default one.
using ScenarioIndex = std::size_t;

/// A rule with its words resolved. Immutable after construction (a value).
struct Rule {
  RuleConfig config;
  RuleKind kind = RuleKind::kBoost;
  std::uint32_t scenarios = 0;  ///< Bit ScenarioIndex: it holds there.
  float log_factor = 0;
  ItemId item{};                          ///< kPin.
  std::vector<std::size_t> context_keys;  ///< Places of unless_context's keys, in its order.

  bool holds_in(ScenarioIndex scenario) const { return (scenarios >> scenario & 1) != 0; }
  bool holds_at(EventTime now) const {
    return now >= config.from && (config.until == EventTime{} || now < config.until);
  }
};

/// Resolves the words of configured rules, and adds those that scenarios' categories stand for.
/// What is not valid (rule_problems) must not be given. `context_keys`: the declared ones.
std::vector<Rule> resolve_rules(const std::vector<RuleConfig>& rules,
                                const std::vector<ScenarioConfig>& scenarios,
                                const std::vector<std::string>& context_keys);

}  // namespace freshet
