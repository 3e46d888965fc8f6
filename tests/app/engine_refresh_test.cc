// Lists that change without an event of their user, with real threads.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "tests/app/running_engine.h"
#include "tests/fakes/failing_store.h"

namespace freshet {
namespace {

using namespace std::chrono_literals;

/// The sample's events are old: here their users count as active all the same.
class EngineRefreshTest : public RunningEngine {
 protected:
  EngineRefreshTest()
      : RunningEngine([](Config& config) {
          config.scoring.refresh.active = std::chrono::hours(24 * 3650);
          config.scoring.refresh.lists_per_second = 1e5;
        }) {}

  ~EngineRefreshTest() override { engine_.reset(); }  // Before the store.

  /// Everyone has a list of what all events have taught: the first ones were made while they were
  /// learned. For that all are made again, by a rule that matches nothing.
  void serve() {
    serve_partition(0);
    ASSERT_TRUE(within_a_minute([&] {
      const auto lists = held();
      return lists.size() == std::size_t{kUsers} &&
             std::all_of(lists.begin(), lists.end(), [](const auto& one) {
               return one.second.position.offset >= Offset{kEvents - kUsers};
             });
    }));
    engine_->set_rules({nothing_}, {});
    ASSERT_TRUE(within_a_minute([&] { return refreshed("rule") >= kUsers; }));
    for (const auto& [user, list] : held()) ASSERT_FALSE(list.items.empty()) << user;
  }

  /// What a consumer holds: of each user the newest list.
  std::map<UserId, RankedList> held() {
    std::map<UserId, RankedList> held;
    for (const RankedList& list : publisher_.lists()) {
      const auto version = [](const RankedList& of) {
        return std::tuple(of.position.offset, of.position.epoch, of.position.revision);
      };
      const auto [it, is_new] = held.try_emplace(list.user, list);
      if (!is_new && version(list) > version(it->second)) it->second = list;
    }
    return held;
  }

  static bool names(const RankedList& list, const std::string& item) {
    const auto has = [&](const std::vector<RankedItem>& items) {
      return std::any_of(items.begin(), items.end(),
                         [&](const RankedItem& listed) { return listed.name == item; });
    };
    return has(list.items) ||
           std::any_of(list.scenarios.begin(), list.scenarios.end(),
                       [&](const ScenarioList& scenario) { return has(scenario.items); });
  }

  std::size_t users_with(const std::string& item) {
    const auto lists = held();
    return static_cast<std::size_t>(std::count_if(
        lists.begin(), lists.end(), [&](const auto& one) { return names(one.second, item); }));
  }

  double refreshed(const std::string& cause) {
    for (const auto& family : registry_.Collect())
      if (family.name == "freshet_scoring_refreshed_lists_total")
        for (const auto& metric : family.metric)
          if (metric.label.at(0).value == cause) return metric.counter.value;
    return 0;
  }

  MemoryStore store_;  // Of partitions that come back.
  const RuleConfig nothing_{.name = "nothing", .kind = "exclude", .items = {"no-such-item"}};

  /// Until `done`, or for a minute.
  template <class Done>
  bool within_a_minute(Done done) {
    const SteadyTime deadline = clock_.steady_now() + 60s;
    while (!done() && clock_.steady_now() < deadline) std::this_thread::yield();
    return done();
  }
};

TEST_F(EngineRefreshTest, AnItemThatBecameUnavailableLeavesAllListsWithoutAnEvent) {
  ASSERT_NO_FATAL_FAILURE(serve());
  const std::string item = held().begin()->second.items.at(0).name;
  const std::size_t before = users_with(item);
  ASSERT_GT(before, 0U);
  const auto untouched = held();

  engine_->update_item({.id = item_id_of(item), .name = item, .available = false}, {});

  ASSERT_TRUE(within_a_minute([&] { return users_with(item) == 0; })) << users_with(item);
  for (const auto& [user, list] : held()) {
    const RankedList& old = untouched.at(user);
    EXPECT_EQ(list.position.offset, old.position.offset) << "nobody did anything";
    EXPECT_EQ(list.position.epoch, old.position.epoch);
    if (names(old, item)) {
      EXPECT_EQ(list.cause, ListCause::kUnavailable) << user;
      EXPECT_GT(list.position.revision, old.position.revision) << user;
    }
  }
  EXPECT_GE(refreshed("unavailable"), static_cast<double>(before));
  EXPECT_EQ(failure_, "");
}

TEST_F(EngineRefreshTest, WhatChangedWhileAPartitionStoodStillReachesItsUsersWithoutAnEvent) {
  const auto take_over = [&](bool log) {
    auto source = std::make_unique<FakeSource>();
    for (int i = 0; i < kEvents; ++i) source->append(click(i, 0));
    if (!log) source->start_at(Offset{kEvents});
    ASSERT_TRUE(engine_->open_partition(PartitionId{0}, std::make_unique<FailingStore>(store_)));
    engine_->start_partition(PartitionId{0}, Offset{log ? 0 : kEvents}, std::move(source));
  };
  const auto all_have = [&](auto what) {
    const auto lists = held();
    return lists.size() == std::size_t{kUsers} &&
           std::all_of(lists.begin(), lists.end(), [&](auto& one) { return what(one.second); });
  };
  take_over(/*log=*/true);
  ASSERT_TRUE(within_a_minute([&] { return events_known() == kEvents; }));
  engine_->set_rules({nothing_}, {});
  ASSERT_TRUE(within_a_minute([&] { return refreshed("rule") >= kUsers; }));
  const std::string item = held().begin()->second.items.at(0).name;
  const Epoch before = held().begin()->second.position.epoch;
  engine_->close_partition(PartitionId{0});
  engine_->update_item({.id = item_id_of(item), .name = item, .available = false}, {});

  take_over(/*log=*/false);

  ASSERT_TRUE(within_a_minute([&] {
    return all_have([&](const RankedList& list) { return list.position.epoch > before; });
  }));
  ASSERT_TRUE(within_a_minute([&] { return users_with(item) == 0; })) << users_with(item);
  EXPECT_EQ(failure_, "");
}

TEST_F(EngineRefreshTest, ARuleHoldsForEverybodyWithoutAnEvent) {
  ASSERT_NO_FATAL_FAILURE(serve());
  const std::string item = held().begin()->second.items.at(0).name;

  engine_->set_rules({nothing_, {.name = "no", .kind = "exclude", .items = {item}}}, {});

  ASSERT_TRUE(within_a_minute([&] { return users_with(item) == 0; })) << users_with(item);
  EXPECT_TRUE(within_a_minute([&] { return refreshed("rule") >= 2 * kUsers; }))
      << refreshed("rule");
}

TEST_F(EngineRefreshTest, ACampaignBeginsWithoutAnEvent) {
  ASSERT_NO_FATAL_FAILURE(serve());
  const double by_rule = refreshed("rule");
  RuleConfig campaign{.name = "sale", .kind = "pin", .items = {"i7"}};
  campaign.from = clock_.now() + 300ms;

  engine_->set_rules({nothing_, campaign}, {});

  ASSERT_TRUE(within_a_minute([&] {
    const auto lists = held();
    return std::all_of(lists.begin(), lists.end(),
                       [](const auto& one) { return one.second.items.at(0).name == "i7"; });
  }));
  EXPECT_TRUE(within_a_minute([&] { return refreshed("campaign") >= kUsers; }));
  EXPECT_EQ(refreshed("rule"), by_rule) << "a rule that does not hold yet changes no list";
}

}  // namespace
}  // namespace freshet
