#pragma once

#include <string>
#include <vector>

#include "config/config.h"
#include "config/yaml_document.h"

namespace freshet {

/// Names that a rule may refer to.
struct RuleScope {
  std::vector<std::string> scenarios;  ///< Without the default one.
  std::vector<std::string> context;    ///< Declared context keys.
};
RuleScope rule_scope(const Config& config);

/// Returns all that is wrong with a rule, each as "<prefix>key: what is wrong: remedy".
/// Thread-safe.
std::vector<std::string> rule_problems(const RuleConfig& rule, const std::string& prefix,
                                       const RuleScope& scope);

/// Reads a rule that came from outside the configuration: the fields of `scoring.rules[]`, without
/// any look into environment or files. `name` is the rule's. Errors: kInvalidConfig with all
/// problems, joined by "; ". Thread-safe.
Result<RuleConfig> read_rule(const std::string& name, const YamlNode& body, const RuleScope& scope);

}  // namespace freshet
