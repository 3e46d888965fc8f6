// A partition task that is asked to have lists made again without an event.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/app/task_process.h"

namespace freshet {
namespace {

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

  void run() { ASSERT_TRUE(process_.run_once(source_)); }
  bool ask(const UserId& user, Position of, ListCause cause = ListCause::kRule) {
    return process_.ask({user, of, cause}) == DeliveryRouter::Asked::kYes;
  }

  MemoryStore store_;
  Process process_{store_, Config{}};
  FakeSource source_;
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
  auto requests = process_.serve();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].user, "u2");
  run();
  requests = process_.serve();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].user, "u1");
}

TEST_F(TaskRefreshTest, WaitsWhileOthersWaitForScoring) {
  source_.append(click("u2", "b", kStartMs + 10));
  run();
  ASSERT_TRUE(ask("u1", position(1, 1)));
  run();  // The request of u2 still stands in scoring's queue.
  EXPECT_EQ(process_.serve().size(), 1U);
  run();
  EXPECT_EQ(process_.serve().size(), 1U);
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
