#include "app/kafka/rule_shelf.h"

#include <gmock/gmock.h>

namespace freshet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> names_of(const RuleShelf& shelf) {
  std::vector<std::string> names;
  for (const RuleConfig& rule : shelf.rules()) names.push_back(rule.name + " " + rule.kind);
  return names;
}

RuleUpdate rule(const std::string& name) {
  return {name, RuleConfig{.name = name, .kind = "pin", .items = {"x"}}};
}

TEST(RuleShelf, TopicStandsInForTheConfigurationAndGivesWayToItAgain) {
  ScoringConfig config;
  config.rules = {{.name = "a", .kind = "boost"}, {.name = "b", .kind = "bury"}};
  RuleShelf shelf(config);
  EXPECT_THAT(names_of(shelf), ElementsAre("a boost", "b bury"));

  ASSERT_TRUE(shelf.update(rule("new")));
  ASSERT_TRUE(shelf.update(rule("a")));
  EXPECT_THAT(names_of(shelf), ElementsAre("a pin", "b bury", "new pin"));

  ASSERT_TRUE(shelf.update({"a", std::nullopt}));
  ASSERT_TRUE(shelf.update({"new", std::nullopt}));
  ASSERT_TRUE(shelf.update({"unknown", std::nullopt}));
  EXPECT_THAT(names_of(shelf), ElementsAre("a boost", "b bury"));
}

TEST(RuleShelf, IsBoundedAndStillTakesChanges) {
  ScoringConfig config;
  config.rules_max = 2;
  config.rules = {{.name = "a", .kind = "boost"}};
  RuleShelf shelf(config);
  ASSERT_TRUE(shelf.update(rule("b")));

  const auto refused = shelf.update(rule("c"));

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, BadRecordReason::kBadValue);
  EXPECT_THAT(refused.error().text, HasSubstr("scoring.rules_max = 2"));
  EXPECT_TRUE(shelf.update(rule("b"))) << "a change adds nothing";
  EXPECT_TRUE(shelf.update(rule("a"))) << "neither does what stands in for the configuration's";
  ASSERT_TRUE(shelf.update({"b", std::nullopt}));
  EXPECT_TRUE(shelf.update(rule("c")));
}

}  // namespace
}  // namespace freshet
