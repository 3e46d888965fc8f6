// How the histories of users who do not come back expire, in a partition's task.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/partition/user_book.h"
#include "state/memory_store.h"
#include "state/user_state_codec.h"
#include "tests/app/task_process.h"

namespace freshet {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

/// Histories are kept for 100 seconds.
class TaskExpiryTest : public testing::Test {
 protected:
  TaskExpiryTest() {
    config_.state.history_age_max = 100s;
    restart();
  }

  /// A process that starts from what is durable.
  void restart() {
    process_.emplace(store_, config_);
    source_->start_at(process_->open().value_or(Offset{0}));
  }
  void event(const UserId& user, const std::string& item, std::int64_t s) {
    source_->append(click(user, item, kStartMs + s * 1'000));
  }
  /// Three others do something, so that event time has come to `s`.
  void others_come(std::int64_t s) {
    for (const char* user : {"x", "y", "z"}) event(user, "other", s);
  }
  void round() {
    process_->pass(ExpirySearch::kPause);
    ASSERT_TRUE(process_->run_once(*source_));
  }
  /// Folds what is there, erases what has expired, has all published and acknowledged.
  void settle() {
    for (int i = 0; i < 3; ++i) {
      round();
      process_->serve();
    }
    round();
  }
  /// The state that a question shows; empty = the user is unknown.
  std::optional<UserState> shown(const UserId& user) {
    std::optional<UserState> state;
    Question question{user, [&](Result<std::optional<RankRequest>> answer) {
                        if (answer.value()) state = (*answer)->state;
                      }};
    EXPECT_TRUE(process_->task().ask(std::move(question)));
    round();
    return state;
  }
  std::vector<std::pair<UserId, Position>> removals() { return process_->publisher().removals(); }

  Config config_;
  MemoryStore store_;
  std::optional<FakeSource> source_{std::in_place};
  std::optional<Process> process_;
};

TEST_F(TaskExpiryTest, ErasesTheStateOfAUserWhoDoesNotComeBackAndRemovesTheList) {
  event("u", "a", 0);
  settle();
  others_come(100);
  settle();
  EXPECT_EQ(users_of(store_).count("u"), 1u) << "100 s are not too old";
  EXPECT_THAT(removals(), IsEmpty());

  others_come(104);
  settle();
  EXPECT_THAT(users_of(store_), SizeIs(3));
  EXPECT_EQ(users_of(store_).count("u"), 0u);
  EXPECT_THAT(removals(), ElementsAre(Pair("u", Position{PartitionId{0}, Offset{6}, Epoch{1}})));
  EXPECT_THAT(store_.recover()->owed, IsEmpty()) << "the removal is acknowledged";
}

TEST_F(TaskExpiryTest, KeepsEverybodyWithoutALimitOfAge) {
  config_.state.history_age_max = 0s;
  restart();
  event("u", "a", 0);
  others_come(1'000'000);
  settle();
  EXPECT_THAT(users_of(store_), SizeIs(4));
  EXPECT_TRUE(shown("u"));
}

TEST_F(TaskExpiryTest, LetsNobodyExpireByTheWrongClocksOfTwoUsers) {
  event("u", "a", 0);
  others_come(1);
  for (int i = 0; i < 10; ++i) {
    event("wrong", "a", 1'000'000 + i);
    event("wrong too", "a", 2'000'000 + i);
  }
  settle();
  settle();
  EXPECT_THAT(users_of(store_), SizeIs(6));
  EXPECT_THAT(removals(), IsEmpty());
}

TEST_F(TaskExpiryTest, ShowsNothingOfAnExpiredHistoryThatIsStillStored) {
  event("u", "a", 0);
  settle();
  process_->publisher().hold();  // Nothing is acknowledged, so that no room is left to erase.
  config_.state.owed_max = 3;
  restart();
  process_->publisher().hold();
  others_come(200);
  round();
  process_->serve();
  round();
  ASSERT_EQ(users_of(store_).count("u"), 1u) << "too much is owed to remove a list";
  EXPECT_FALSE(shown("u"));
  EXPECT_TRUE(shown("x"));
}

/// The stored state of "u", who comes back long after, and what was learned of it.
class ReturningUser : public TaskExpiryTest {
 protected:
  std::string stored_state() { return users_of(store_)["u"]; }
  void come_back() {
    event("u", "b", 301);
    settle();
  }
};

TEST_F(ReturningUser, BeginsAnewInTheSameBytesWhetherErasedBeforeOrNot) {
  const auto first_life = [&] {
    for (const char* item : {"a", "a", "c"}) event("u", item, 0);
    source_->append(R"({"type":"dislike","user_id":"u","item_id":"d","event_time":)" +
                    std::to_string(kStartMs) + "}");
  };
  first_life();
  settle();
  others_come(300);
  settle();
  ASSERT_EQ(users_of(store_).count("u"), 0u);
  come_back();
  const std::string erased_before = stored_state();
  const UserState state = *decode_user_state(erased_before);
  EXPECT_THAT(state.history, SizeIs(1));
  EXPECT_THAT(state.disliked, IsEmpty());
  EXPECT_EQ(state.session_count, 1u);

  for (const std::size_t cache_bytes : {std::size_t{0}, std::size_t{1} << 20}) {
    store_ = MemoryStore();
    source_.emplace();
    config_.state.cache_bytes = cache_bytes;
    restart();
    first_life();
    settle();
    others_come(300);
    come_back();  // In the same batch as those who let it expire.
    EXPECT_EQ(stored_state(), erased_before) << cache_bytes;
    EXPECT_THAT(removals(), IsEmpty());
  }
}

TEST_F(ReturningUser, GetsAListInPlaceOfTheOldOneEvenForAnImpression) {
  event("u", "a", 0);
  settle();
  others_come(300);
  source_->append(R"({"type":"impression","user_id":"u","item_id":"d","event_time":)" +
                  std::to_string(kStartMs + 301'000) + "}");
  round();
  bool listed = false;
  for (const RankRequest& request : process_->serve()) {
    if (request.user != "u") continue;
    listed = true;
    EXPECT_THAT(request.state.history, IsEmpty());
    EXPECT_THAT(request.state.shown, SizeIs(1));
  }
  EXPECT_TRUE(listed);
}

TEST_F(TaskExpiryTest, MakesAListOfNothingForAnEventThatHasExpiredOnArrival) {
  others_come(300);
  settle();
  event("u", "a", 0);
  round();
  const auto requests = process_->serve();
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_EQ(requests[0].state, UserState{});
  others_come(310);  // Far enough for the next walk.
  settle();
  EXPECT_EQ(users_of(store_).count("u"), 0u);
}

TEST_F(TaskExpiryTest, KeepsConsentAndWhoWasForgotten) {
  ASSERT_TRUE(process_->task().tell({"u", {.personalise = false}, {}}, true));
  event("u", "a", 0);
  event("gone", "a", 0);
  settle();
  ASSERT_TRUE(process_->task().tell(
      {"gone", {}, EventTime(std::chrono::milliseconds(kStartMs + 1))}, true));
  settle();
  others_come(300);
  settle();
  EXPECT_THAT(store_.recover()->forgotten, SizeIs(1));
  event("u", "b", 301);
  round();
  const auto requests = process_->serve();
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_TRUE(requests[0].opted_out);
}

TEST_F(TaskExpiryTest, WaitsWhileABacklogIsReplayed) {
  config_.ingest.catch_up.lag_records = 5;
  restart();
  event("u", "a", 0);
  others_come(300);
  for (int i = 0; i < 20; ++i) event("x", "i", 300 + i);
  source_->deliver_at_most(4);
  for (int i = 0; i < 3; ++i) round();
  EXPECT_EQ(users_of(store_).count("u"), 1u);
  for (int i = 0; i < 5; ++i) settle();
  EXPECT_EQ(users_of(store_).count("u"), 0u);
}

TEST_F(TaskExpiryTest, ErasesOnceTheDiskHasRoomAgain) {
  event("u", "a", 0);
  others_come(300);
  round();
  process_->fill_disk(2);
  round();
  EXPECT_EQ(users_of(store_).count("u"), 1u);
  settle();
  EXPECT_EQ(users_of(store_).count("u"), 0u);
}

/// What readers see in a store.
Users seen(MemoryStore& store, std::chrono::seconds age_max) {
  const EventWatermark watermark = store.recover()->watermark;
  Users users = users_of(store);
  std::erase_if(users, [&](const auto& user) {
    return has_expired(*newest_event_time_of(user.second), watermark, age_max);
  });
  return users;
}

TEST_F(TaskExpiryTest, GivesTheSameStatesWhateverTheBatchesRestartsAndWalks) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  std::vector<std::string> log;
  std::int64_t s = 0;
  for (int i = 0; i < 600; ++i) {
    s += random() % 10 == 0 ? 60 : 1;
    log.push_back(click("u" + std::to_string(random() % 30), "i" + std::to_string(random() % 9),
                        kStartMs + (s - (random() % 20 == 0 ? 150 : 0)) * 1'000));
  }
  const auto run = [&](bool restless) {
    store_ = MemoryStore();
    source_.emplace(source_of(log, Offset{0}, restless ? 7 : 1));
    restart();
    std::size_t removed = 0;
    while (!source_->exhausted()) {
      if (restless) process_->pass(ExpirySearch::kPause);
      EXPECT_TRUE(process_->run_once(*source_));
      process_->serve();
      if (!restless || random() % 20 > 0) continue;
      removed += removals().size();
      restart();
      source_->deliver_at_most(1 + random() % 40);
    }
    return removed + removals().size();
  };
  run(false);
  const Users expected = seen(store_, 100s);
  ASSERT_FALSE(expected.empty());
  ASSERT_LT(expected.size(), 30u);
  EXPECT_GT(run(true), 0u) << "histories were erased under way";
  EXPECT_EQ(seen(store_, 100s), expected);
}

}  // namespace
}  // namespace freshet
