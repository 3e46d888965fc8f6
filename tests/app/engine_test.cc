#include "app/engine/engine.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/app/running_engine.h"

namespace freshet {
namespace {

using namespace std::chrono_literals;

using EngineTest = RunningEngine;

TEST_F(EngineTest, GivesEveryUserAListOfTheNewestEvent) {
  run_partition(0);
  run_partition(1);
  ASSERT_TRUE(engine_->wait_until_exhausted(30s, {}));

  std::map<UserId, std::int64_t> newest;
  for (const RankedList& list : publisher_.lists()) {
    EXPECT_GE(list.position.offset.value, newest[list.user]) << "no list steps back in time";
    newest[list.user] = list.position.offset.value;
  }
  EXPECT_EQ(newest.size(), 2u * kUsers);
  for (const auto& [user, offset] : newest) EXPECT_GE(offset, kEvents - kUsers) << user;
  EXPECT_EQ(failure_, "");
}

TEST_F(EngineTest, AnswersQuestionsOfKnownAndUnknownUsers) {
  run_partition(0);
  ASSERT_TRUE(engine_->wait_until_exhausted(30s, {}));
  engine_->close_partition(PartitionId{0});
  const auto unknown = ask("nobody");

  ASSERT_TRUE(unknown.has_value());
  EXPECT_NE(unknown->fallback, Fallback::kNone);
}

TEST_F(EngineTest, FindsAUserInThePartitionOfTheirKeyOrInAnyOther) {
  serve_partition(0);
  serve_partition(1);
  engine_->set_partition_count(2);
  std::set<std::int32_t> expected, found;
  for (const UserId user : {"0-1", "0-2", "0-3", "1-1", "1-2", "1-3"}) {
    // The sample's users stand where their names say, whatever murmur2 says.
    const auto request = find(user);
    ASSERT_TRUE(request) << user;
    EXPECT_EQ(request->position.partition.value, user.front() - '0') << user;
    expected.insert(engine_->partition_of_user(user)->value);
  }
  EXPECT_EQ(expected.size(), 2U) << "both partitions were the likely one at some time";
  EXPECT_FALSE(find("nobody"));
  engine_->close_partition(PartitionId{1});
  EXPECT_FALSE(find("1-1")) << "another instance may know";
  EXPECT_FALSE(engine_->owns(PartitionId{1}));
  EXPECT_TRUE(engine_->owns(PartitionId{0}));
}

TEST_F(EngineTest, ChangesAListAsIsWished) {
  serve_partition(0);
  const auto plain = ask("0-1");
  ASSERT_TRUE(plain);
  ASSERT_FALSE(plain->items.empty());
  const auto without_best =
      ask("0-1", [&](RankRequest& request) { request.exclude = {plain->items.front().id}; });
  ASSERT_TRUE(without_best);
  ASSERT_FALSE(without_best->items.empty());
  for (const RankedItem& item : without_best->items) EXPECT_NE(item.id, plain->items.front().id);
}

TEST_F(EngineTest, ListsCarryThoseOfOtherScenarios) {
  serve_partition(0);

  const auto list = ask("0-1", [](RankRequest& request) {
    request.count = 0;
    request.more_scenarios = {"home"};
  });

  ASSERT_TRUE(list.has_value());
  ASSERT_EQ(list->scenarios.size(), 1U);
  EXPECT_EQ(list->scenarios[0].name, "home");
  EXPECT_EQ(list->scenarios[0].items.size(), 3U);
  EXPECT_GT(list->items.size(), 3U);
}

TEST_F(EngineTest, QuestionsNameAScenario) {
  serve_partition(0);

  const auto home = ask("0-1", [](RankRequest& request) {
    request.scenario = "home";
    request.count = 0;
  });
  ASSERT_TRUE(home.has_value());
  EXPECT_EQ(home->items.size(), 3U);
  EXPECT_EQ(home->scenario, "home");
}

TEST_F(EngineTest, RulesHoldForEverybodyWhoComesAfterThem) {
  serve_partition(0);
  const auto effects = [this] {
    std::set<std::string> rules;
    for (const auto& family : registry_.Collect())
      if (family.name == "freshet_scoring_rule_effects_total")
        for (const auto& metric : family.metric) rules.insert(metric.label.at(0).value);
    return rules;
  };
  const auto before = ask("0-1");
  ASSERT_TRUE(before.has_value());
  const std::string first = before->items.at(0).name;

  engine_->set_rules({{.name = "no", .kind = "exclude", .items = {first}}}, {});

  const auto after = ask("0-1");
  ASSERT_TRUE(after.has_value());
  for (const RankedItem& item : after->items) EXPECT_NE(item.name, first);
  EXPECT_EQ(effects(), std::set<std::string>{"no"});
  engine_->set_rules({}, {});
  ASSERT_TRUE(ask("0-1").has_value());
  EXPECT_TRUE(effects().empty()) << "the label goes with its rule";
}

TEST_F(EngineTest, TellsHowAPartitionsTaskEnded) {
  serve_partition(1);
  auto source = std::make_unique<FakeSource>(PartitionId{0});
  source->append(click(0, 0));
  source->fail_at(Offset{1}, {ErrorCode::kCorrupt, "checksum mismatch"});
  ASSERT_TRUE(engine_->open_partition(PartitionId{0}, std::make_unique<MemoryStore>()));
  engine_->start_partition(PartitionId{0}, Offset{0}, std::move(source));

  EXPECT_TRUE(engine_->stop_partition(PartitionId{1})) << "by our own wish";
  ASSERT_TRUE(engine_->wait_until_exhausted(std::chrono::seconds{30}, {}));
  const Status ended = engine_->stop_partition(PartitionId{0});

  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, ErrorCode::kCorrupt);
}

TEST_F(EngineTest, StopsInTheMiddleOfAStream) {
  run_partition(0);
  run_partition(1);
  engine_.reset();

  EXPECT_EQ(failure_, "");
}

}  // namespace
}  // namespace freshet
