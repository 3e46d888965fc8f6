#include "app/engine.h"

#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include <future>
#include <set>

#include "state/memory_store.h"
#include "tests/fakes/fake_publisher.h"
#include "tests/fakes/fake_source.h"

namespace freshet {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kStartMs = 1'750'000'000'000;
constexpr int kUsers = 50;
constexpr int kEvents = 2'000;

std::string click(int event, std::int32_t partition) {
  const std::string user = std::to_string(partition) + "-" + std::to_string(event % kUsers);
  return R"({"type":"click","user_id":")" + user + R"(","item_id":"i)" +
         std::to_string(event * 7 % 40) + R"(","event_time":)" + std::to_string(kStartMs + event) +
         "}";
}

/// The engine with real threads, scoring and learning; only log, store and output are in memory.
class EngineTest : public testing::Test {
 protected:
  EngineTest()
      : figures_(registry_, clock_, titles_),
        publisher_({[this](const ListDelivery& d) { router_.deliver(d); },
                    [this](const DeadLetterDelivery& d) { router_.deliver(d); }}) {
    config_.scoring.learning.directory.clear();
    config_.scoring.scenarios = {{.name = "home", .list_size = 3}};
    config_.sinks.kafka.scenarios = {"home"};
    lease_.hold_for_ever();
    engine_ = std::make_unique<Engine>(EngineParts{
        config_, publisher_, router_, figures_, lease_, clock_, {}, [this](const Error& e) {
          failure_ = e.text;
        }});
    EXPECT_TRUE(engine_->start());
  }

  void run_partition(std::int32_t partition) {
    auto source = std::make_unique<FakeSource>(PartitionId{partition});
    for (int i = 0; i < kEvents; ++i) source->append(click(i, partition));
    source->end();
    ASSERT_TRUE(engine_->open_partition(PartitionId{partition}, std::make_unique<MemoryStore>()));
    engine_->start_partition(PartitionId{partition}, Offset{0}, std::move(source));
  }

  Result<RankedList> ask(const UserId& user, const std::string& scenario = "") {
    std::promise<Result<RankedList>> answer;
    engine_->recommend(user, scenario.empty() ? 5 : 0, scenario,
                       [&](Result<RankedList> list) { answer.set_value(std::move(list)); });
    return answer.get_future().get();
  }

  Config config_;
  SystemClock clock_;
  prometheus::Registry registry_;
  TitleBook titles_{1'000};
  DeliveryRouter router_{config_};
  Lease lease_{clock_, std::chrono::milliseconds{0}};
  PipelineFigures figures_;
  FakePublisher publisher_;
  std::string failure_;
  std::unique_ptr<Engine> engine_;
};

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

TEST_F(EngineTest, ListsCarryThoseOfOtherScenarios) {
  run_partition(0);
  ASSERT_TRUE(engine_->wait_until_exhausted(30s, {}));

  const RankedList list = publisher_.lists().back();
  ASSERT_EQ(list.scenarios.size(), 1U);
  EXPECT_EQ(list.scenarios[0].name, "home");
  EXPECT_EQ(list.scenarios[0].items.size(), 3U);
  EXPECT_GT(list.items.size(), 3U);
}

TEST_F(EngineTest, QuestionsNameAScenarioThatIsConfigured) {
  run_partition(0);
  ASSERT_TRUE(engine_->wait_until_exhausted(30s, {}));

  const auto home = ask("0-1", "home");
  ASSERT_TRUE(home.has_value());
  EXPECT_EQ(home->items.size(), 3U);
  EXPECT_EQ(home->scenario, "home");
  const auto away = ask("0-1", "away");
  ASSERT_FALSE(away.has_value());
  EXPECT_EQ(away.error().code, ErrorCode::kInvalidConfig);
}

TEST_F(EngineTest, RulesHoldForEverybodyWhoComesAfterThem) {
  run_partition(0);
  ASSERT_TRUE(engine_->wait_until_exhausted(30s, {}));
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

TEST_F(EngineTest, StopsInTheMiddleOfAStream) {
  run_partition(0);
  run_partition(1);
  engine_.reset();

  EXPECT_EQ(failure_, "");
}

}  // namespace
}  // namespace freshet
