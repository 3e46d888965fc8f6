#include "state/outbox.h"

#include <gtest/gtest.h>

#include "state_samples.h"

namespace freshet {
namespace {

OwedList owed(const char* user, std::int64_t offset) {
  return {user, Offset{offset}, at_s(offset)};
}

TEST(Outbox, GivesUsersInTheOrderTheyBeganToWait) {
  Outbox outbox;
  outbox.owe(owed("a", 1), {});
  outbox.owe(owed("b", 2), {});
  outbox.owe(owed("a", 3), {});
  ASSERT_NE(outbox.front(), nullptr);
  EXPECT_EQ(outbox.front()->owed, owed("a", 3)) << "a burst gives one list, of the newest event";
  outbox.pop_front();
  ASSERT_NE(outbox.front(), nullptr);
  EXPECT_EQ(outbox.front()->owed.user, "b");
  outbox.pop_front();
  EXPECT_EQ(outbox.front(), nullptr);
}

TEST(Outbox, KeepsADebtUntilItIsSettled) {
  Outbox outbox;
  outbox.owe(owed("a", 1), {});
  outbox.pop_front();
  EXPECT_EQ(outbox.size(), 1u);
  EXPECT_EQ(outbox.waiting(), 0u);
  EXPECT_TRUE(outbox.settle("a", Offset{1}));
  EXPECT_EQ(outbox.size(), 0u);
  EXPECT_FALSE(outbox.settle("a", Offset{1})) << "it is gone already";
}

TEST(Outbox, KeepsANewerDebtWhenAnOlderListIsAcknowledged) {
  Outbox outbox;
  outbox.owe(owed("a", 1), {});
  outbox.pop_front();
  outbox.owe(owed("a", 2), {});
  EXPECT_FALSE(outbox.settle("a", Offset{1}));
  EXPECT_EQ(outbox.waiting(), 1u);
  ASSERT_NE(outbox.front(), nullptr);
  EXPECT_EQ(outbox.front()->owed.offset, Offset{2});
}

TEST(Outbox, ForgetsAUserSettledWhileWaiting) {
  Outbox outbox;
  outbox.owe(owed("a", 1), {});
  outbox.owe(owed("b", 2), {});
  EXPECT_TRUE(outbox.settle("a", Offset{5}));
  EXPECT_EQ(outbox.waiting(), 1u);
  ASSERT_NE(outbox.front(), nullptr);
  EXPECT_EQ(outbox.front()->owed.user, "b");
}

TEST(Outbox, LetsAUserWaitAgainWhenTheListWasGivenUp) {
  Outbox outbox;
  outbox.owe(owed("a", 1), {});
  outbox.pop_front();
  outbox.retry("a", Offset{1});
  EXPECT_EQ(outbox.waiting(), 1u);
  ASSERT_NE(outbox.front(), nullptr);
  EXPECT_EQ(outbox.front()->owed.offset, Offset{1});
}

TEST(Outbox, RetriesNothingWhileANewerListIsOnItsWay) {
  Outbox outbox;
  outbox.owe(owed("a", 1), {});
  outbox.pop_front();
  outbox.owe(owed("a", 2), {});
  outbox.retry("a", Offset{1});
  EXPECT_EQ(outbox.waiting(), 1u) << "it waits already";
  ASSERT_NE(outbox.front(), nullptr);
  outbox.pop_front();
  outbox.retry("a", Offset{1});
  EXPECT_EQ(outbox.waiting(), 0u);
  outbox.retry("unknown", Offset{1});
  EXPECT_EQ(outbox.waiting(), 0u);
}

OwedList removal(const char* user, std::int64_t offset) {
  return {user, Offset{offset}, at_s(offset), true};
}

TEST(Outbox, PutsARemovalInThePlaceOfAListAndBeforeOthers) {
  Outbox outbox;
  outbox.owe(owed("a", 1), {});
  outbox.owe(owed("b", 2), {});
  outbox.owe(removal("b", 5), {});
  ASSERT_NE(outbox.front(), nullptr);
  EXPECT_EQ(outbox.front()->owed, removal("b", 5));
  EXPECT_EQ(outbox.size(), 2u);
  EXPECT_EQ(outbox.waiting(), 2u);
  outbox.pop_front();
  ASSERT_NE(outbox.front(), nullptr);
  EXPECT_EQ(outbox.front()->owed.user, "a");
  outbox.pop_front();
  EXPECT_EQ(outbox.front(), nullptr);
}

TEST(Outbox, KeepsARemovalWhenTheListOfItsOffsetIsAcknowledged) {
  Outbox outbox;
  outbox.owe(owed("a", 5), {});
  outbox.pop_front();
  outbox.owe(removal("a", 5), {});
  outbox.pop_front();
  EXPECT_FALSE(outbox.settle("a", Offset{5}));
  outbox.retry("a", Offset{5});
  EXPECT_EQ(outbox.waiting(), 0u) << "the list was given up, the removal is on its way";
  outbox.retry("a", Offset{5}, true);
  EXPECT_EQ(outbox.waiting(), 1u);
  EXPECT_TRUE(outbox.settle("a", Offset{5}, true));
  EXPECT_EQ(outbox.size(), 0u);
}

TEST(Outbox, OwesTheListOfAUserWhoCameBack) {
  Outbox outbox;
  outbox.owe(removal("a", 5), {});
  outbox.pop_front();
  outbox.owe(owed("a", 6), {});
  EXPECT_FALSE(outbox.settle("a", Offset{5}, true));
  ASSERT_NE(outbox.front(), nullptr);
  EXPECT_EQ(outbox.front()->owed, owed("a", 6));
}

TEST(Outbox, RemembersWhenTheNewestEventWasReceived) {
  Outbox outbox;
  const SteadyTime received{std::chrono::seconds{5}};
  outbox.owe(owed("a", 1), {});
  outbox.owe(owed("a", 2), {.received = received});
  ASSERT_NE(outbox.front(), nullptr);
  EXPECT_EQ(outbox.front()->times.received, received);
}

TEST(Outbox, KnowsWhenADebtBecameDurable) {
  Outbox outbox;
  const SteadyTime polled{std::chrono::seconds(3)};
  outbox.owe(owed("a", 1), {.polled = polled});
  const std::vector<OwedList> debts{owed("a", 1), owed("gone", 1)};

  outbox.committed(debts, polled + std::chrono::seconds(1), polled + std::chrono::seconds(2));

  EXPECT_EQ(outbox.front()->times.polled, polled);
  EXPECT_EQ(outbox.front()->times.folded, polled + std::chrono::seconds(1));
  EXPECT_EQ(outbox.front()->times.committed, polled + std::chrono::seconds(2));
}

TEST(Outbox, AListThatNoEventAsksForHasNoRow) {
  Outbox outbox;
  outbox.owe(owed("a", 1), {});
  outbox.refresh({.owed = owed("b", 2), .cause = ListCause::kRule, .revision = 3});
  EXPECT_EQ(outbox.waiting(), 2u);
  EXPECT_TRUE(outbox.contains("b"));
  outbox.pop_front();
  ASSERT_NE(outbox.front(), nullptr) << "behind those who did something";
  EXPECT_EQ(outbox.front()->owed.user, "b");
  EXPECT_EQ(outbox.front()->revision, 3);
  outbox.pop_front();
  outbox.retry("b", Offset{2});
  EXPECT_EQ(outbox.waiting(), 1u) << "it was given up";
  EXPECT_FALSE(outbox.settle("b", Offset{2})) << "there is no row to delete";
  EXPECT_FALSE(outbox.contains("b"));

  outbox.refresh({.owed = owed("b", 2), .cause = ListCause::kRule, .revision = 4});
  outbox.owe(owed("b", 5), {});
  EXPECT_EQ(outbox.front()->cause, ListCause::kEvent);
  EXPECT_EQ(outbox.front()->revision, 0);
  EXPECT_FALSE(outbox.settle("b", Offset{2}));
  EXPECT_TRUE(outbox.settle("b", Offset{5})) << "an event's debt has one";
}

}  // namespace
}  // namespace freshet
