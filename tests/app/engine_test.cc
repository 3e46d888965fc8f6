#include "app/engine.h"

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

TEST_F(EngineTest, StopsInTheMiddleOfAStream) {
  run_partition(0);
  run_partition(1);
  engine_.reset();

  EXPECT_EQ(failure_, "");
}

}  // namespace
}  // namespace freshet
