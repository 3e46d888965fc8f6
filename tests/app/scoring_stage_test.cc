// Who goes first in scoring: users who did something, then lists that no event asks for.
#include "app/engine/scoring_stage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include <string>
#include <vector>

#include "scoring/learning/learner.h"
#include "tests/fakes/fake_publisher.h"
#include "tests/fakes/manual_clock.h"

namespace freshet {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr std::size_t kBatch = 8;

Config small_batches() {
  Config config;
  config.scoring.batch_size_max = kBatch;
  config.scoring.refresh.lists_per_second = 100;
  return config;
}

/// The stage alone: the test plays all its neighbours, on one thread.
class ScoringStageTest : public testing::Test {
 protected:
  RankRequest request(const UserId& user, std::int64_t offset,
                      ListCause cause = ListCause::kEvent) {
    RankRequest request;
    request.user = user;
    request.state = state_;
    request.position = {PartitionId{0}, Offset{offset}, Epoch{1}};
    request.event_time = clock_.now();
    request.cause = cause;
    request.queued_time = clock_.steady_now();
    return request;
  }

  void push(RankRequest request) { ASSERT_TRUE(ranking_.try_push(request)); }
  void push_users(std::size_t count) {
    for (std::size_t k = 0; k < count; ++k)
      push(request("busy" + std::to_string(k % kBatch), ++newest_offset_));
  }
  void run() { ASSERT_TRUE(stage_.run_once({})); }

  /// All users have seen an item that scoring knows of.
  void teach() {
    Learner learner(config_.scoring, nullptr);
    TrainingExample example;
    example.user = "u";
    example.item_name = "i";
    example.item = item_id_of(example.item_name);
    learner.learn({&example, 1});
    ModelUpdate update{std::make_shared<const Delta>(*learner.take_delta()), {}};
    ASSERT_TRUE(deltas_.try_push(update));
    state_.history.push_back({.item = example.item});
  }

  /// Lists of so many users that are due from now on.
  void make_lists_due(std::size_t count) {
    for (std::size_t k = 0; k < count; ++k)
      push(request("quiet" + std::to_string(k), ++newest_offset_));
    while (ranking_.size() > 0) run();
    std::vector<RuleConfig> rules{{.name = "r", .kind = "exclude", .items = {"i"}}};
    ASSERT_TRUE(rules_.try_push(rules));
  }

  std::vector<RefreshWish> asked() {
    return inbox_->refreshes.pop_batch(DeliveryInbox::kRefreshesMax, 0us, {});
  }

  std::vector<std::string> published() {
    std::vector<std::string> users;
    for (const RankedList& list : publisher_.lists()) users.push_back(list.user);
    return users;
  }

  const Config config_ = small_batches();
  ManualClock clock_;
  prometheus::Registry registry_;
  TitleBook titles_{100};
  PipelineFigures figures_{registry_, clock_, titles_};
  RankQueue ranking_{1'000};
  DeltaQueue deltas_{1};
  ReplicaQuestions questions_{1};
  RulesQueue rules_{1};
  LearningQueue learning_{10};
  ActiveUserQueue active_users_{10};
  DeliveryRouter router_{config_};
  std::shared_ptr<DeliveryInbox> inbox_ = router_.open(PartitionId{0});
  FakePublisher publisher_{{[](const ListDelivery&) {}, [](const DeadLetterDelivery&) {}}};
  std::size_t items_looked_at_ = 0;  // For what is related to them.
  RelatedPublisher related_{config_.sinks.related,
                            {.write = [](auto, auto) { return true; },
                             .failed_total = [] { return 0; },
                             .is_ours = [this](auto&) { return ++items_looked_at_ > 0; }},
                            clock_};
  ScoringStage stage_{config_.scoring,
                      {},
                      {},
                      {ranking_, deltas_, questions_, rules_, learning_, publisher_, router_,
                       figures_, clock_, &active_users_, &related_}};
  UserState state_;  // Of all users.
  std::int64_t newest_offset_ = 0;
};

TEST_F(ScoringStageTest, AsksForListsThatAreDueUnderALoadThatNeverEndsToo) {
  make_lists_due(30);
  std::size_t asked_count = 0;
  push_users(kBatch / 2);
  for (int round = 0; round < 100; ++round) {
    push_users(kBatch);
    run();
    ASSERT_GT(ranking_.size(), 0U) << "somebody waits all the time";
    const std::size_t at_once = asked().size();
    EXPECT_LE(at_once, DeliveryInbox::kRefreshesUnderLoad);
    asked_count += at_once;
    clock_.advance(5ms);
  }
  EXPECT_EQ(asked_count, 30U) << "100 a second for half a second are more than wait";
}

TEST_F(ScoringStageTest, TheRateHoldsUnderLoadToo) {
  make_lists_due(200);
  std::size_t asked_count = 0;
  for (int round = 0; round < 100; ++round) {
    push_users(kBatch + 1);
    run();
    ranking_.pop_batch(1, 0us, {});
    asked_count += asked().size();
    clock_.advance(5ms);
  }
  EXPECT_NEAR(static_cast<double>(asked_count), 50, 12) << "100 a second, for half a second";
}

TEST_F(ScoringStageTest, LooksAtRelatedItemsUnderALoadThatNeverEndsToo) {
  teach();
  push_users(kBatch / 2);
  for (int round = 0; round < 3; ++round) {
    push_users(kBatch);
    run();
    ASSERT_GT(ranking_.size(), 0U) << "somebody waits all the time";
  }
  EXPECT_EQ(items_looked_at_, 1U) << "there is one item, and the model has not changed again";
}

TEST_F(ScoringStageTest, LooksAtNoRelatedItemsWhileItIsBehind) {
  teach();
  push_users(3 * kBatch);
  run();
  EXPECT_EQ(items_looked_at_, 0U);
}

TEST_F(ScoringStageTest, AsksForNothingWhileItIsBehind) {
  make_lists_due(30);
  push_users(20 * kBatch);
  while (ranking_.size() > 2 * kBatch) {
    run();
    clock_.advance(5ms);
    ASSERT_THAT(asked(), IsEmpty());
  }
  run();
  EXPECT_THAT(asked(), Not(IsEmpty())) << "the next batch takes all that wait";
}

TEST_F(ScoringStageTest, UsersWhoDidSomethingGoFirst) {
  push(request("quiet", 1));
  run();
  push(request("quiet", 1, ListCause::kRule));
  push(request("busy", 2));
  run();
  EXPECT_THAT(published(), ElementsAre("quiet", "busy", "quiet"));
  EXPECT_EQ(publisher_.lists().back().position.revision, 1);
}

TEST_F(ScoringStageTest, AListThatIsMadeAgainNeverComesAfterANewerOneOfItsUser) {
  push(request("u", 1));
  run();
  push(request("u", 1, ListCause::kRule));
  push(request("u", 2));
  run();
  EXPECT_THAT(published(), SizeIs(2));
  EXPECT_EQ(publisher_.lists().back().position.offset, Offset{2});
  const auto answers = inbox_->lists.pop_batch(10, 0us, {});
  ASSERT_THAT(answers, SizeIs(1)) << "the task does not wait for it for ever";
  EXPECT_EQ(answers[0].position.offset, Offset{1});
}

TEST_F(ScoringStageTest, NorAfterTheRemovalOfItsUsersList) {
  push(request("u", 1));
  run();
  push(request("u", 1, ListCause::kRule));
  RankRequest removal = request("u", 2);
  removal.forgets = true;
  push(std::move(removal));
  run();
  EXPECT_THAT(publisher_.removals(), SizeIs(1));
  EXPECT_THAT(published(), SizeIs(1));
}

TEST_F(ScoringStageTest, AsksForTheListOfAnActiveUserWhoWasFound) {
  ActiveUser found{"u", {PartitionId{0}, Offset{5}, Epoch{1}}, clock_.now()};
  ASSERT_TRUE(active_users_.try_push(found));
  run();
  const auto wishes = asked();
  ASSERT_THAT(wishes, SizeIs(1));
  EXPECT_EQ(wishes[0].position, (Position{PartitionId{0}, Offset{5}, Epoch{1}, 1}));
}

TEST_F(ScoringStageTest, WhoWasFoundBeforeTheForgettingDoesNotComeAfterIt) {
  ActiveUser found{"u", {PartitionId{0}, Offset{5}, Epoch{1}}, clock_.now()};
  ASSERT_TRUE(active_users_.try_push(found));
  RankRequest removal = request("u", 5);
  removal.forgets = true;
  push(std::move(removal));
  run();
  EXPECT_THAT(asked(), IsEmpty());
}

TEST_F(ScoringStageTest, AListThatIsMadeAgainIsNeverMadeOfCountsForLackOfTime) {
  teach();
  push(request("u", 1));
  run();
  push(request("u", 1, ListCause::kRule));
  push_users(kBatch + 1);
  clock_.advance(config_.scoring.rank_deadline + 1ms);
  run();
  ASSERT_THAT(published(), SizeIs(1 + kBatch));
  for (const RankedList& list : publisher_.lists())
    EXPECT_EQ(list.fallback == Fallback::kDeadline, list.user != "u") << list.user;
}

}  // namespace
}  // namespace freshet
