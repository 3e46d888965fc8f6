// What the users topic says, as a partition's task heeds it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/partition/user_book.h"
#include "state/memory_store.h"
#include "state/user_state_codec.h"
#include "tests/app/task_process.h"

namespace freshet {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

EventTime at_ms(std::int64_t ms) { return EventTime(std::chrono::milliseconds(kStartMs + ms)); }

UserUpdate forget(const UserId& user, std::int64_t ms) { return {user, {}, at_ms(ms)}; }

/// A partition whose records the log takes at the time of their events.
class ForgetTest : public testing::Test {
 protected:
  ForgetTest() { restart(); }

  /// A process that starts from what is durable, and is told nothing.
  void restart() {
    process_.emplace(store_, config_);
    const auto next = process_->open();
    source_.start_at(next.value_or(Offset{0}));
  }
  void event(const UserId& user, const std::string& item, std::int64_t ms) {
    source_.append(click(user, item, kStartMs + ms), user, at_ms(ms));
  }
  void round() { ASSERT_TRUE(process_->run_once(source_)); }
  /// Folds what is there, and has its lists published and acknowledged.
  void settle() {
    round();
    process_->serve();
    round();
  }
  void tell(const UserUpdate& update) { ASSERT_TRUE(process_->task().tell(update, true)); }

  std::size_t history_of(const UserId& user) {
    const auto stored = store_.load({&user, 1});
    return stored->front() ? decode_user_state(*stored->front())->history.size() : 0;
  }
  std::vector<std::pair<UserId, Position>> removals() { return process_->publisher().removals(); }

  Config config_;
  MemoryStore store_;
  FakeSource source_;
  std::optional<Process> process_;
};

TEST_F(ForgetTest, ErasesStateDebtAndDeadLettersAndNobodyElses) {
  event("u", "a", 0);
  event("v", "b", 1);
  process_->publisher().hold();  // Nothing is acknowledged: all stays owed.
  source_.append("{broken", "u", at_ms(2));
  source_.append("{broken", "v", at_ms(3));
  round();
  ASSERT_THAT(store_.recover()->dead_letters, SizeIs(2));
  tell(forget("u", 10));
  round();

  const Recovery left = *store_.recover();
  EXPECT_THAT(users_of(store_), SizeIs(1));
  EXPECT_EQ(history_of("v"), 1u);
  ASSERT_THAT(left.owed, SizeIs(2));
  EXPECT_EQ(left.owed[0], (OwedList{"u", Offset{3}, at_ms(10), true})) << "its removal";
  EXPECT_EQ(left.owed[1].user, "v");
  ASSERT_THAT(left.dead_letters, SizeIs(1));
  EXPECT_EQ(left.dead_letters[0].key, "v");
  EXPECT_THAT(left.forgotten, ElementsAre(ForgottenUser{user_hash("u"), at_ms(10), Offset{4}}));
}

TEST_F(ForgetTest, RemovesTheListOnceItIsAcknowledged) {
  event("u", "a", 0);
  settle();
  tell(forget("u", 10));
  round();
  process_->serve();
  EXPECT_THAT(removals(),
              ElementsAre(std::pair{UserId("u"), Position{PartitionId{0}, Offset{0}, Epoch{1}}}));
  round();
  EXPECT_THAT(store_.recover()->owed, IsEmpty());
}

TEST_F(ForgetTest, SendsARemovalAgainUntilItIsAcknowledged) {
  event("u", "a", 0);
  settle();
  tell(forget("u", 10));
  process_->publisher().hold();
  round();
  process_->serve();
  process_->publisher().answer_held(false);
  process_->publisher().hold();
  round();
  process_->serve();
  EXPECT_THAT(removals(), SizeIs(2));

  restart();  // Nobody has told it yet.
  round();
  process_->serve();
  ASSERT_THAT(removals(), SizeIs(1));
  EXPECT_EQ(removals()[0].second.epoch, Epoch{2});
  round();
  EXPECT_THAT(store_.recover()->owed, IsEmpty());
}

TEST_F(ForgetTest, SendsARemovalAfterTheListThatIsOnItsWay) {
  event("u", "a", 0);
  round();  // The list waits for scoring.
  tell(forget("u", 10));
  round();
  const auto requests = process_->serve();
  ASSERT_THAT(requests, SizeIs(2));
  EXPECT_FALSE(requests[0].forgets);
  EXPECT_TRUE(requests[1].forgets);
  EXPECT_TRUE(requests[1].state.history.empty());
  round();  // Both are acknowledged.
  process_->serve();
  EXPECT_THAT(store_.recover()->owed, IsEmpty());
  EXPECT_EQ(history_of("u"), 0u);
}

TEST_F(ForgetTest, LeavesOutWhatTheLogTookBefore) {
  event("v", "a", 0);
  settle();
  event("u", "unread-yet", 5);
  tell(forget("u", 10));
  settle();
  EXPECT_EQ(history_of("u"), 0u);
  EXPECT_EQ(process_->examples(), 1u) << "v's";
}

TEST_F(ForgetTest, BeginsANewHistoryWithWhatComesAfter) {
  event("u", "a", 0);
  event("u", "b", 1);
  settle();
  tell(forget("u", 10));
  settle();
  event("u", "c", 11);
  round();
  const auto requests = process_->serve();
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_THAT(requests[0].state.history, SizeIs(1));
  EXPECT_EQ(requests[0].position.offset, Offset{2});
}

TEST_F(ForgetTest, AppliesATombstoneOnceHoweverOftenItComes) {
  event("u", "a", 0);
  settle();
  tell(forget("u", 10));
  settle();
  event("u", "b", 11);
  settle();
  restart();
  tell(forget("u", 10));
  settle();
  EXPECT_EQ(history_of("u"), 1u) << "what came after it is not its";
  EXPECT_THAT(removals(), IsEmpty());

  tell(forget("u", 20));
  settle();
  EXPECT_EQ(history_of("u"), 0u) << "a second one is";
}

TEST_F(ForgetTest, ReplaysToTheSameStateWithoutTheUser) {
  for (int i = 0; i < 20; ++i) event(i % 2 == 0 ? "u" : "v", "i" + std::to_string(i), i);
  settle();
  tell(forget("u", 30));
  settle();
  event("u", "back", 40);
  settle();
  const Users expected = users_of(store_);

  store_ = MemoryStore();
  restart();
  process_->task().know(forget("u", 30), true);
  source_.deliver_at_most(3);
  for (int i = 0; i < 20; ++i) settle();
  EXPECT_EQ(users_of(store_), expected);
}

TEST_F(ForgetTest, ForgetsAUserOfWhomNothingIsKnownForEveryPartitionButRemovesTheListOnlyAtHome) {
  event("v", "a", 0);
  settle();
  ASSERT_TRUE(process_->task().tell(forget("elsewhere", 10), false));
  ASSERT_TRUE(process_->task().tell(forget("here", 10), true));
  settle();
  EXPECT_THAT(store_.recover()->forgotten, SizeIs(2));
  ASSERT_THAT(removals(), SizeIs(1));
  EXPECT_EQ(removals()[0].first, "here");
}

TEST_F(ForgetTest, WaitsUntilItKnowsWhereItStands) {
  tell(forget("u", 10));
  round();
  EXPECT_FALSE(store_.recover()->next_offset);
  event("u", "a", 5);
  round();  // It is folded, and forgotten with the next round.
  round();
  EXPECT_EQ(history_of("u"), 0u);
}

TEST_F(ForgetTest, ForgetsNoMoreUsersAtOnceThanMayBeOwed) {
  config_.state.owed_max = 3;
  restart();
  event("v", "a", 0);
  settle();
  process_->publisher().hold();
  for (int i = 0; i < 10; ++i) tell(forget("u" + std::to_string(i), 10));
  for (int i = 0; i < 5; ++i) round();
  EXPECT_THAT(store_.recover()->owed, SizeIs(3));
}

TEST_F(ForgetTest, MakesListsOfNothingForAUserWhoWantsNone) {
  tell({"u", {.personalise = false}, {}});
  event("u", "a", 0);
  round();
  auto requests = process_->serve();
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_TRUE(requests[0].opted_out);
  EXPECT_EQ(requests[0].state, UserState{});
  EXPECT_EQ(history_of("u"), 1u) << "the state goes on";

  tell({"u", {}, {}});
  event("u", "b", 1);
  round();
  requests = process_->serve();
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_FALSE(requests[0].opted_out);
  EXPECT_THAT(requests[0].state.history, SizeIs(2));
}

TEST_F(ForgetTest, LearnsNothingFromAUserWhoDoesNotWantIt) {
  process_->task().know({"u", {.learn = false}, {}}, true);
  event("u", "a", 0);
  event("v", "b", 1);
  round();
  EXPECT_EQ(process_->examples(), 1u);
  for (const RankRequest& request : process_->serve())
    EXPECT_EQ(request.judged, request.user == "v");
}

TEST(UserBook, KeepsWhoDiffersAndWhoIsForgotten) {
  UserBook book(10);
  ASSERT_TRUE(book.update({"agrees", {}, {}}));
  ASSERT_TRUE(book.update({"differs", {false, true}, {}}));
  ASSERT_TRUE(book.update({"came-round", {false, true}, {}}));
  ASSERT_TRUE(book.update({"came-round", {}, {}}));
  ASSERT_TRUE(book.update({"forgotten", {}, at_ms(5)}));
  ASSERT_TRUE(book.update({"forgotten", {true, false}, {}}));
  std::map<UserId, UserUpdate> kept;
  book.visit([&](const UserUpdate& update) { kept[update.user] = update; });
  EXPECT_THAT(kept, SizeIs(2));
  EXPECT_EQ(kept["differs"].consent, (Consent{false, true}));
  EXPECT_EQ(kept["forgotten"], (UserUpdate{"forgotten", {true, false}, at_ms(5)}));
}

TEST(UserBook, RefusesMoreUsersThanItMayKeep) {
  UserBook book(1);
  ASSERT_TRUE(book.update({"a", {false, true}, {}}));
  ASSERT_TRUE(book.update({"b", {}, {}}));
  EXPECT_FALSE(book.update({"b", {}, at_ms(0)}));
}

}  // namespace
}  // namespace freshet
