// A partition task that is asked to have lists made again without an event.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/app/task_process.h"

namespace freshet {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Position position(std::int64_t offset, std::int64_t revision, std::int64_t epoch = 1) {
  return {PartitionId{0}, Offset{offset}, Epoch{epoch}, revision};
}

/// A task whose users u0, u1, ... clicked once each, at offset 0, 1, ..., and got their lists.
class TaskRefreshTest : public testing::Test {
 protected:
  TaskRefreshTest() {
    process_.open();
    for (int k = 0; k < 3; ++k) source_.append(click("u" + std::to_string(k), "a", kStartMs + k));
    run();
    EXPECT_EQ(process_.serve().size(), 3U);
    run();
  }

  static Config small_batches() {
    Config config;
    config.ingest.batch_records_max = 4;
    config.scoring.batch_size_max = 4;
    return config;
  }

  void run() { ASSERT_TRUE(process_.run_once(source_)); }
  /// Users who click next, and one another.
  void click_by_others(int count) {
    for (int k = 0; k < count; ++k, ++clicks_)
      source_.append(click("busy" + std::to_string(clicks_), "b", kStartMs + 10 + clicks_));
  }
  std::vector<UserId> served() {
    std::vector<UserId> users;
    for (const RankRequest& request : process_.serve()) users.push_back(request.user);
    return users;
  }
  bool ask(const UserId& user, Position of, ListCause cause = ListCause::kRule) {
    return process_.ask({user, of, cause}) == DeliveryRouter::Asked::kYes;
  }

  MemoryStore store_;
  Process process_{store_, small_batches()};
  FakeSource source_;
  int clicks_ = 0;
};

TEST_F(TaskRefreshTest, TheListIsOfTheSameOffsetAndItsRevision) {
  ASSERT_TRUE(ask("u1", position(1, 4), ListCause::kUnavailable));
  run();

  const auto requests = process_.serve();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].user, "u1");
  EXPECT_EQ(requests[0].position, position(1, 4));
  EXPECT_EQ(requests[0].cause, ListCause::kUnavailable);
  EXPECT_EQ(requests[0].times.received, SteadyTime{}) << "no event, so no latency";
  EXPECT_EQ(requests[0].state.history.size(), 1U);
  run();
  EXPECT_TRUE(process_.serve().empty()) << "once";
}

TEST_F(TaskRefreshTest, WritesNothing) {
  ASSERT_TRUE(ask("u1", position(1, 1)));
  process_.fail_commit(1);  // Whatever is written fails.
  run();
  EXPECT_EQ(process_.serve().size(), 1U);
  run();
  run();
}

TEST_F(TaskRefreshTest, UsersWhoDidSomethingGoFirst) {
  ASSERT_TRUE(ask("u1", position(1, 1)));
  source_.append(click("u2", "b", kStartMs + 10));
  run();
  EXPECT_THAT(served(), ElementsAre("u2", "u1"));
}

TEST_F(TaskRefreshTest, GoesOnUnderALoadThatNeverEnds) {
  int refreshed = 0;
  for (int round = 1; round <= 20; ++round) {
    ASSERT_TRUE(ask("u1", position(1, round)));
    click_by_others(3);
    run();
    const std::vector<UserId> users = served();
    ASSERT_GE(users.size(), 3U) << "somebody waits in every round";
    refreshed += users.back() == "u1" ? 1 : 0;
  }
  EXPECT_GE(refreshed, 10);
}

TEST_F(TaskRefreshTest, FewAtOnceStandBeforeThoseWhoDoSomethingNext) {
  click_by_others(4);
  click_by_others(4);
  for (int k = 0; k < 3; ++k) run();
  process_.serve();
  run();
  for (int k = 0; k < 8; ++k)
    ASSERT_TRUE(process_.ask({"busy" + std::to_string(k), position(3 + k, 1), ListCause::kRule}) ==
                DeliveryRouter::Asked::kYes);
  click_by_others(1);
  run();
  EXPECT_EQ(served().size(), 1 + DeliveryInbox::kRefreshesUnderLoad);
  run();
  EXPECT_EQ(served().size(), 8 - DeliveryInbox::kRefreshesUnderLoad) << "nobody else waits";
}

TEST_F(TaskRefreshTest, WaitsWhileMoreWaitForScoringThanItsNextBatchTakes) {
  click_by_others(4);
  run();
  click_by_others(1);
  run();
  ASSERT_TRUE(ask("u1", position(1, 1)));
  run();
  EXPECT_EQ(process_.serve().size(), 5U);
  run();
  EXPECT_THAT(served(), ElementsAre("u1"));
}

TEST_F(TaskRefreshTest, WaitsWhileThePartitionLags) {
  ASSERT_TRUE(ask("u1", position(1, 1)));
  click_by_others(9);
  run();
  EXPECT_THAT(served(), ElementsAre("busy0", "busy1", "busy2", "busy3"));
  run();
  EXPECT_THAT(served(), ElementsAre("busy4", "busy5", "busy6", "busy7"));
  run();
  EXPECT_THAT(served(), ElementsAre("busy8", "u1")) << "this batch takes the rest";
}

TEST_F(TaskRefreshTest, NotForAUserWhoIsOwedAListAnyway) {
  process_.publisher().hold();
  source_.append(click("u1", "b", kStartMs + 10));
  run();
  EXPECT_EQ(process_.serve().size(), 1U);  // Not acknowledged yet.
  ASSERT_TRUE(ask("u1", position(1, 1)));
  run();
  EXPECT_TRUE(process_.serve().empty());
}

TEST_F(TaskRefreshTest, NotForUnknownUsersNorAFormerOwnersList) {
  ASSERT_TRUE(ask("nobody", position(1, 1)));
  ASSERT_TRUE(ask("u1", position(1, 1, /*epoch=*/7)));
  run();
  EXPECT_TRUE(process_.serve().empty());
}

TEST_F(TaskRefreshTest, WhoeverTakesThePartitionOverFindsItsActiveUsersOnceItKeepsUp) {
  process_.found();
  click_by_others(9);
  Process next(store_, small_batches());
  next.open();
  source_.start_at(Offset{3});
  ASSERT_TRUE(next.run_once(source_));
  EXPECT_THAT(next.found(), IsEmpty());
  for (int k = 0; k < 3; ++k) {
    next.serve();
    ASSERT_TRUE(next.run_once(source_));
  }
  const auto found = next.found();
  ASSERT_EQ(found.size(), 12U);
  EXPECT_EQ(found.back().user, "u2");
  EXPECT_EQ(found.back().position, position(11, 0, /*epoch=*/2)) << "all that it reflects";
}

TEST_F(TaskRefreshTest, IsSentAgainWhenItWasGivenUp) {
  ASSERT_TRUE(ask("u1", position(1, 1)));
  run();
  process_.publisher().hold();
  EXPECT_EQ(process_.serve().size(), 1U);
  process_.publisher().answer_held(false);
  run();
  const auto requests = process_.serve();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].cause, ListCause::kRule);
}

TEST_F(TaskRefreshTest, AnEventTakesItsPlace) {
  ASSERT_TRUE(ask("u1", position(1, 1)));
  run();
  process_.publisher().hold();
  EXPECT_EQ(process_.serve().size(), 1U);
  source_.append(click("u1", "b", kStartMs + 10));
  run();
  process_.publisher().answer_held(true);  // Only the list that was made again.
  const auto requests = process_.serve();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].position, position(3, 0));
  EXPECT_EQ(requests[0].cause, ListCause::kEvent);
  run();
  EXPECT_TRUE(store_.recover()->owed.empty()) << "the event's list was acknowledged";
}

TEST_F(TaskRefreshTest, NoMoreWaitThanHaveRoom) {
  for (std::size_t k = 0; k < DeliveryInbox::kRefreshesMax; ++k)
    ASSERT_TRUE(ask("u1", position(1, 1)));
  EXPECT_EQ(process_.ask({"u1", position(1, 1), ListCause::kAge}), DeliveryRouter::Asked::kFull);
  EXPECT_EQ(process_.ask({"u1", {PartitionId{5}, Offset{0}, Epoch{1}}, ListCause::kAge}),
            DeliveryRouter::Asked::kNotOurs);
  run();
  EXPECT_EQ(process_.serve().size(), 1U) << "of one user only one";
}

}  // namespace
}  // namespace freshet
