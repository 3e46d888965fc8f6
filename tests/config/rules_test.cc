// Rules and scenarios in a configuration: sections in a list and by name.

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

#include "config/config.h"
#include "config/rule_reader.h"

namespace freshet {
namespace {

using testing::HasSubstr;

std::string problems_of(const std::string& yaml) {
  const auto config = load_config(yaml);
  return config ? "" : config.error().text;
}

constexpr const char* kShop = R"(
ingest: {context: [country, adult]}
scoring:
  scenarios:
    home: {list_size: 10, diversity: 0.3, exploration_slots: 1}
    email: {}
  rules:
    - name: autumn
      kind: promote
      text: autumn campaign
      categories: [garden]
      scenarios: [home, default]
      position: 2
      slots: 2
      from: 2026-09-01
      until: 2026-10-01T08:30:00Z
    - {name: spirits, kind: exclude, tags: [alcohol], unless_context: {adult: "yes"}}
    - {name: refill, kind: repurchase, categories: [coffee], window: 14d}
)";

TEST(Rules, AreReadWithDatesMatchingAndEffect) {
  const auto config = load_config(kShop);
  ASSERT_TRUE(config) << config.error().text;
  ASSERT_EQ(config->scoring.rules.size(), 3U);
  const RuleConfig& autumn = config->scoring.rules[0];
  EXPECT_EQ(autumn.name, "autumn");
  EXPECT_THAT(autumn.categories, testing::ElementsAre("garden"));
  EXPECT_EQ(autumn.slots, 2U);
  EXPECT_EQ(autumn.from, EventTime(std::chrono::seconds(1'788'220'800)));
  EXPECT_EQ(autumn.until, EventTime(std::chrono::seconds(1'790'843'400)));
  EXPECT_EQ(config->scoring.rules[1].unless_context.at("adult"), "yes");
  EXPECT_EQ(config->scoring.rules[2].window, std::chrono::hours(14 * 24));
}

TEST(Scenarios, KeepWhatIsNotSetUnset) {
  const auto config = load_config(kShop);
  ASSERT_TRUE(config) << config.error().text;
  ASSERT_EQ(config->scoring.scenarios.size(), 2U);
  const ScenarioConfig& home = config->scoring.scenarios[0];
  EXPECT_EQ(home.name, "home");
  EXPECT_EQ(home.list_size, 10U);
  EXPECT_EQ(home.diversity, 0.3);
  EXPECT_FALSE(home.novelty);
  EXPECT_EQ(config->scoring.scenarios[1].name, "email");
  EXPECT_FALSE(config->scoring.scenarios[1].list_size);
}

TEST(Rules, AreReadBackFromWhatIsWritten) {
  const auto config = load_config(kShop);
  ASSERT_TRUE(config) << config.error().text;
  const auto again = load_config(to_yaml(*config));
  ASSERT_TRUE(again) << again.error().text;
  EXPECT_EQ(again->scoring.rules, config->scoring.rules);
  EXPECT_EQ(to_yaml(*again), to_yaml(*config));
}

TEST(Rules, AllProblemsAreReportedWithTheirKeysAndLines) {
  const std::string problems = problems_of(R"(
scoring:
  rules:
    - name: dear
      kind: boots
      factr: 2
    - name: dear
      kind: boost
      factor: 0.5
      window: 3d
      scenarios: [hom]
    - {name: late, kind: promote, from: 2026-02-30, until: tomorrow}
    - {name: adults, kind: exclude, tags: [x], unless_context: {age: "18"}}
  scenarios:
    home: {diversity: 2, listsize: 3}
    default: {}
sinks: {kafka: {scenarios: [mail]}}
)");
  for (const char* expected :
       {"text:5: scoring.rules[0].kind: \"boots\" is not known",
        "text:6: scoring.rules[0].factr: unknown key: did you mean factor?",
        "text:7: scoring.rules[1].name: \"dear\" stands twice",
        "text:9: scoring.rules[1].factor: must be above 1",
        "text:10: scoring.rules[1].window: says nothing to a rule of kind \"boost\"",
        "text:11: scoring.rules[1].scenarios: \"hom\" is no scenario",
        "text:12: scoring.rules[2].from: \"2026-02-30\" is no time",
        "text:12: scoring.rules[2].until: \"tomorrow\" is no time",
        "text:12: scoring.rules[2].items: it matches every item",
        "text:13: scoring.rules[3].unless_context: \"age\" is no context key",
        "text:15: scoring.scenarios.home.diversity: 2 is out of range",
        "text:15: scoring.scenarios.home.listsize: unknown key",
        "scoring.scenarios.default: is the name of lists without a scenario",
        "sinks.kafka.scenarios: \"mail\" is no scenario"})
    EXPECT_THAT(problems, HasSubstr(expected));
}

TEST(Rules, EveryKindAsksForWhatItNeeds) {
  const auto of = [](const std::string& rule) {
    return problems_of("scoring: {rules: [{name: r, " + rule + "}]}");
  };
  EXPECT_THAT(of("items: [a]"), HasSubstr("[0].kind: \"\" is not known"));
  EXPECT_THAT(of("kind: bury, factor: 2"), HasSubstr("must be below 1"));
  EXPECT_THAT(of("kind: pin, items: [a, b]"), HasSubstr("a pin has one item"));
  EXPECT_THAT(of("kind: price"), HasSubstr("no bound is set"));
  EXPECT_THAT(of("kind: price, price_min: 3, price_max: 2"), HasSubstr("below price_min"));
  EXPECT_THAT(of("kind: repurchase"), HasSubstr("is 0"));
  EXPECT_THAT(of("kind: exclude"), HasSubstr("matches every item"));
  EXPECT_THAT(of("kind: at_most, per: colour"), HasSubstr("\"colour\" is not known"));
  EXPECT_EQ(of("kind: at_most, per: brand, count: 2"), "");
  EXPECT_EQ(of("kind: availability"), "");
}

TEST(Rules, AreBounded) {
  EXPECT_THAT(problems_of("scoring: {rules_max: 1, rules: [{name: a, kind: availability}, "
                          "{name: b, kind: availability}]}"),
              HasSubstr("2 rules are too many"));
}

TEST(Rules, ListThatIsNoneIsAProblem) {
  EXPECT_THAT(problems_of("scoring: {rules: {a: {kind: availability}}}"),
              HasSubstr("scoring.rules: must be a list of sections"));
  EXPECT_THAT(problems_of("scoring: {scenarios: [home]}"),
              HasSubstr("scoring.scenarios: must be keys with sections"));
  EXPECT_THAT(problems_of("scoring: {rules: [a]}"),
              HasSubstr("scoring.rules[0]: must be a section"));
}

TEST(RuleOfTheTopic, IsReadWithoutLookingIntoFiles) {
  const auto body = parse_yaml(R"({"kind": "exclude", "tags": ["${file:/etc/hostname}"]})");
  ASSERT_TRUE(body);
  const auto rule = read_rule("secret", *body, {});
  ASSERT_TRUE(rule) << rule.error().text;
  EXPECT_EQ(rule->name, "secret");
  EXPECT_THAT(rule->tags, testing::ElementsAre("${file:/etc/hostname}"));
}

/// The code blocks of a page in one language.
std::vector<std::string> blocks(const std::string& page, const std::string& language) {
  std::vector<std::string> found;
  const std::string begin = "```" + language + "\n";
  for (auto at = page.find(begin); at != std::string::npos; at = page.find(begin, at + 1)) {
    const auto from = at + begin.size();
    found.push_back(page.substr(from, page.find("```", from) - from));
  }
  return found;
}

TEST(RulesPage, ItsExamplesAreValid) {
  std::ifstream file(std::string(FRESHET_SOURCE_DIR) + "/docs/rules.md");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  ASSERT_GE(blocks(page, "yaml").size(), 4U);
  ASSERT_GE(blocks(page, "json").size(), 1U);
  for (const std::string& block : blocks(page, "yaml")) EXPECT_EQ(problems_of(block), "") << block;
  for (const std::string& block : blocks(page, "json")) {
    const auto body = parse_yaml(block);
    ASSERT_TRUE(body) << block;
    const auto rule = read_rule("example", *body, {});
    EXPECT_TRUE(rule) << rule.error().text;
  }
}

TEST(RuleOfTheTopic, NamesAllItsProblems) {
  const auto body = parse_yaml(R"({"kind": "boost", "factor": 0, "position": 3, "name": "other"})");
  ASSERT_TRUE(body);
  const auto other = read_rule("dear", *body, {});
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().text, HasSubstr("name: \"other\" is not the record's key"));
  const auto body_2 = parse_yaml(R"({"kind": "boost", "factor": 0, "position": 3})");
  const auto rule = read_rule("dear", *body_2, {});
  ASSERT_FALSE(rule);
  EXPECT_THAT(rule.error().text, HasSubstr("factor: 0 is out of range"));
  EXPECT_THAT(rule.error().text, HasSubstr("; position: says nothing to a rule"));
}

}  // namespace
}  // namespace freshet
