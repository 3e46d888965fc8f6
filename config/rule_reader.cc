#include "config/rule_reader.h"

#include <algorithm>
#include <set>

#include "config/config_fields.h"
#include "config/field_parser.h"
#include "config/unit_text.h"

namespace freshet {
namespace {

/// Rules are named in metrics and in every reason.
constexpr std::size_t kNameBytesMax = 64;

/// Two fields have the same value; one operator() per type.
struct SameValue {
  template <class Value>
  bool operator()(Value* const& a, Value* const& b) const {
    return *a == *b;
  }
  template <class A, class B>
  bool operator()(const A&, const B&) const {
    return true;  // Never the same field.
  }
};

/// Fields that say what a rule does, and the kinds that read them.
struct EffectField {
  const char* key;
  std::vector<std::string> kinds;
};
const std::vector<EffectField>& effect_fields() {
  static const std::vector<EffectField> kFields{
      {"factor", {"boost", "bury"}},
      {"position", {"pin", "promote"}},
      {"slots", {"promote"}},
      {"count", {"at_most"}},
      {"per", {"at_most"}},
      {"price_min", {"price"}},
      {"price_max", {"price"}},
      {"window", {"repurchase"}},
      {"unless_context", {"exclude"}},
  };
  return kFields;
}

bool contains(const std::vector<std::string>& texts, const std::string& text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

bool matches_all(const RuleConfig& rule) {
  return rule.items.empty() && rule.categories.empty() && rule.brands.empty() &&
         rule.tags.empty() && rule.attributes.empty();
}

/// Gathers the problems of one rule. Confined to one thread.
class RuleCheck {
 public:
  RuleCheck(const RuleConfig& rule, std::string prefix) : rule_(rule), prefix_(std::move(prefix)) {}

  void check_fields() {
    RuleConfig copy = rule_;  // The fields point to values that may be written.
    RuleConfig defaults;
    const auto fields = rule_fields(copy);
    const auto unset = rule_fields(defaults);
    for (std::size_t k = 0; k < fields.size(); ++k) {
      if (const auto problem = check_field(fields[k])) add(fields[k].key, *problem);
      const auto& effects = effect_fields();
      const auto effect = std::find_if(effects.begin(), effects.end(),
                                       [&](const auto& e) { return e.key == fields[k].key; });
      if (effect == effects.end() || contains(effect->kinds, rule_.kind)) continue;
      if (!std::visit(SameValue{}, fields[k].value, unset[k].value))
        add(fields[k].key, "says nothing to a rule of kind " + quoted(rule_.kind) + ": drop it");
    }
  }

  void check_relations(const RuleScope& scope) {
    require(rule_.name.size() <= kNameBytesMax, "name",
            "is longer than " + std::to_string(kNameBytesMax) + " bytes: write a shorter one");
    require(rule_.until == EventTime{} || rule_.from < rule_.until, "until",
            "does not come after from: mend either");
    for (const std::string& scenario : rule_.scenarios)
      require(scenario == kDefaultScenario || contains(scope.scenarios, scenario), "scenarios",
              quoted(scenario) + " is no scenario: name one of scoring.scenarios, or default");
    for (const auto& [key, value] : rule_.unless_context)
      require(contains(scope.context, key), "unless_context",
              quoted(key) + " is no context key: name one of ingest.context");
    check_kind();
  }

  std::vector<std::string> take() { return std::move(problems_); }

 private:
  void check_kind() {
    const std::string& kind = rule_.kind;
    require(kind != "boost" || rule_.factor > 1, "factor",
            "must be above 1: raise it, or use bury");
    require(kind != "bury" || rule_.factor < 1, "factor",
            "must be below 1: lower it, or use boost");
    require(kind != "pin" || rule_.items.size() == 1, "items", "a pin has one item: name it");
    require(kind != "price" || rule_.price_min > 0 || rule_.price_max > 0, "price_max",
            "no bound is set: write price_min, price_max or both");
    require(kind != "price" || rule_.price_max == 0 || rule_.price_min <= rule_.price_max,
            "price_max", "is below price_min: raise it");
    require(kind != "repurchase" || rule_.window.count() > 0, "window",
            "is 0: write how long bought items stay out");
    require((kind != "promote" && kind != "exclude") || !matches_all(rule_), "items",
            "it matches every item: name items, categories, brands, tags or attributes");
  }

  void require(bool holds, const std::string& key, const std::string& otherwise) {
    if (!holds) add(key, otherwise);
  }
  void add(const std::string& key, const std::string& problem) {
    problems_.push_back(prefix_ + key + ": " + problem);
  }

  const RuleConfig& rule_;
  const std::string prefix_;
  std::vector<std::string> problems_;
};

}  // namespace

RuleScope rule_scope(const Config& config) {
  RuleScope scope{.scenarios = {}, .context = config.ingest.context};
  for (const ScenarioConfig& scenario : config.scoring.scenarios)
    scope.scenarios.push_back(scenario.name);
  return scope;
}

std::vector<std::string> rule_problems(const RuleConfig& rule, const std::string& prefix,
                                       const RuleScope& scope) {
  RuleCheck check(rule, prefix);
  check.check_fields();
  check.check_relations(scope);
  return check.take();
}

Result<RuleConfig> read_rule(const std::string& name, const YamlNode& body,
                             const RuleScope& scope) {
  RuleConfig rule;
  std::vector<std::string> problems;
  parse_section(body, "", rule_fields(rule), nullptr,
                [&](const std::string& key, const std::string& problem) {
                  problems.push_back(key + ": " + problem);
                });
  if (!rule.name.empty() && rule.name != name)
    problems.push_back("name: " + quoted(rule.name) +
                       " is not the record's key: drop it, or mend the key");
  rule.name = name;
  // A field that could not be read has kept its default, of which nothing more is to be said.
  if (problems.empty()) problems = rule_problems(rule, "", scope);
  if (problems.empty()) return rule;
  std::string text;
  for (const std::string& problem : problems) text += (text.empty() ? "" : "; ") + problem;
  return error(ErrorCode::kInvalidConfig, std::move(text));
}

}  // namespace freshet
