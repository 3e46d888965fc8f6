#include "state/fold.h"

#include <gmock/gmock.h>

#include <set>

#include "state/user_state_codec.h"
#include "state_samples.h"

namespace freshet {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::int64_t kHour = 3600;
constexpr std::int64_t kDay = 24 * kHour;

ItemId id(const char* name) { return item_id_of(name); }

/// One user's state, the fold, and what the fold gave so far.
class FoldTest : public testing::Test {
 protected:
  FoldOutcome apply(const Event& event) {
    return Fold(config_).apply(event, {PartitionId{3}, Offset{next_offset_++}}, state_, examples_);
  }

  FoldOutcome click(std::int64_t s, const char* item) {
    return apply(event_at(s, Action::kClick, {item}));
  }

  std::vector<ItemId> history_items() const {
    std::vector<ItemId> items;
    for (const HistoryEntry& entry : state_.history) items.push_back(entry.item);
    return items;
  }

  std::vector<bool> session_starts() const {
    std::vector<bool> starts;
    for (const HistoryEntry& entry : state_.history) starts.push_back(entry.session_start);
    return starts;
  }

  StateConfig config_;
  UserState state_;
  std::vector<TrainingExample> examples_;
  std::int64_t next_offset_ = 100;
};

TEST_F(FoldTest, KeepsNewestItemsWhenHistoryIsFull) {
  config_.history_max = 2;
  click(1, "a");
  click(2, "b");
  click(3, "c");
  EXPECT_THAT(history_items(), ElementsAre(id("b"), id("c")));
}

TEST_F(FoldTest, BoundsEveryList) {
  config_.bought_max = config_.shown_max = config_.disliked_max = config_.recent_event_ids_max = 1;
  for (const Action action : {Action::kPurchase, Action::kImpression, Action::kDislike}) {
    for (const char* item : {"a", "b"}) {
      Event event = event_at(next_offset_, action, {item});
      event.event_id = static_cast<std::uint64_t>(next_offset_);
      apply(event);
    }
  }
  EXPECT_THAT(state_.bought, SizeIs(1));
  EXPECT_EQ(state_.bought.front().item, id("b"));
  EXPECT_THAT(state_.shown, SizeIs(1));
  EXPECT_EQ(state_.shown.front().item, id("b"));
  EXPECT_THAT(state_.disliked, ElementsAre(id("b")));
  EXPECT_THAT(state_.recent_event_ids, SizeIs(1));
}

TEST_F(FoldTest, EndsASessionWithoutIdAfterSilence) {
  click(0, "a");
  click(1800, "b");
  click(3601, "c");
  EXPECT_THAT(session_starts(), ElementsAre(true, false, true));
  EXPECT_EQ(state_.session_count, 2u);
}

TEST_F(FoldTest, EndsASessionWithAnotherId) {
  const auto click_in = [&](std::int64_t s, const char* session) {
    Event event = event_at(s, Action::kClick, {"a"});
    event.session = session;
    apply(event);
  };
  click_in(0, "s1");
  click_in(2 * kHour, "s1");
  click_in(2 * kHour + 1, "s2");
  EXPECT_THAT(session_starts(), ElementsAre(true, false, true));
}

TEST_F(FoldTest, MeasuresSilenceFromTheNewestEventNotTheLastOne) {
  click(2 * kHour, "a");
  click(0, "out of order");
  click(2 * kHour + 60, "b");
  EXPECT_THAT(session_starts(), ElementsAre(true, false, false));
}

TEST_F(FoldTest, OpensASessionAtTheFirstItemOfAnEventOnly) {
  apply(event_at(0, Action::kPurchase, {"a", "b"}));
  EXPECT_THAT(session_starts(), ElementsAre(true, false));
  EXPECT_THAT(examples_, SizeIs(2));
  EXPECT_TRUE(examples_[0].session_start);
  EXPECT_TRUE(examples_[1].session_start);
}

TEST_F(FoldTest, LeavesTheStateUntouchedByADuplicate) {
  Event event = event_at(1, Action::kPurchase, {"a"});
  event.event_id = 7;
  apply(event);
  const std::string before = encode(state_);
  event.event_time = at_s(500);
  EXPECT_EQ(apply(event), FoldOutcome::kDuplicate);
  EXPECT_EQ(encode(state_), before);
  EXPECT_THAT(examples_, SizeIs(1));
}

TEST_F(FoldTest, TakesEventsWithoutIdForDifferentOnes) {
  click(1, "a");
  EXPECT_EQ(click(1, "a"), FoldOutcome::kApplied);
  EXPECT_THAT(state_.history, SizeIs(2));
}

TEST_F(FoldTest, MarksLateEventsAndDoesNotLearnFromThem) {
  click(2 * kDay, "a");
  EXPECT_EQ(click(kDay, "at the grace"), FoldOutcome::kApplied);
  EXPECT_EQ(click(kDay - 1, "late"), FoldOutcome::kLate);
  EXPECT_THAT(examples_, SizeIs(2));
  EXPECT_TRUE(state_.history.back().late);
  EXPECT_EQ(state_.newest_event_time, at_s(2 * kDay));
}

TEST_F(FoldTest, MarksBotsAndDoesNotLearnFromThem) {
  config_.bot_events_per_minute_max = 3;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(click(i, "a"), FoldOutcome::kApplied);
  EXPECT_EQ(click(4, "a"), FoldOutcome::kBot);
  EXPECT_EQ(click(kHour, "a"), FoldOutcome::kBot) << "a pause of an hour is no proof";
  EXPECT_TRUE(state_.bot);
  EXPECT_THAT(examples_, SizeIs(3));
}

TEST_F(FoldTest, GivesABotAnotherChanceAfterADayOfSilence) {
  config_.bot_events_per_minute_max = 1;
  click(0, "a");
  click(1, "a");
  EXPECT_EQ(click(kDay + 2, "a"), FoldOutcome::kApplied);
  EXPECT_FALSE(state_.bot);
}

TEST_F(FoldTest, DoesNotPardonABotForALateEvent) {
  config_.bot_events_per_minute_max = 1;
  click(3 * kDay, "a");
  click(3 * kDay, "a");
  ASSERT_TRUE(state_.bot);
  click(0, "late");
  EXPECT_EQ(click(3 * kDay + 120, "a"), FoldOutcome::kBot);
}

TEST_F(FoldTest, CountsABotsEventsOutOfOrder) {
  config_.bot_events_per_minute_max = 3;
  for (const int s : {50, 40, 30, 20}) click(s, "a");
  EXPECT_TRUE(state_.bot);
}

TEST_F(FoldTest, KnowsNoBotsWhenTheLimitIsOff) {
  config_.bot_events_per_minute_max = 0;
  for (int i = 0; i < 1000; ++i) click(0, "a");
  EXPECT_FALSE(state_.bot);
}

TEST_F(FoldTest, FoldsAbsurdQuantitiesWithoutLearningFromThem) {
  Event event = event_at(0, Action::kPurchase, {"a"});
  event.items[0].quantity = config_.absurd_quantity_min + 1;
  EXPECT_EQ(apply(event), FoldOutcome::kAbsurd);
  EXPECT_THAT(state_.history, SizeIs(1));
  Event costly = event_at(1, Action::kPurchase, {"b"});
  costly.value = config_.absurd_quantity_min + 1;
  EXPECT_EQ(apply(costly), FoldOutcome::kAbsurd);
  EXPECT_THAT(examples_, IsEmpty());
}

TEST_F(FoldTest, UndoesBoughtByCancellations) {
  Event purchase = event_at(0, Action::kPurchase, {"a", "b"});
  purchase.items[0].quantity = 3;
  apply(purchase);
  Event cancellation = event_at(1, Action::kPurchase, {"a", "b", "never bought"});
  cancellation.cancels = true;
  const auto learned = examples_.size();

  EXPECT_EQ(apply(cancellation), FoldOutcome::kApplied);

  EXPECT_THAT(state_.bought, ElementsAre(Bought{id("a"), at_s(0), 2}));
  EXPECT_THAT(state_.history, SizeIs(2)) << "a cancellation is no interaction";
  EXPECT_EQ(examples_.size(), learned);
  EXPECT_EQ(state_.action_counts[static_cast<std::size_t>(Action::kPurchase)], 1u);
}

TEST_F(FoldTest, AddsUpPiecesOfAnItemBoughtAgain) {
  apply(event_at(0, Action::kPurchase, {"a"}));
  apply(event_at(1, Action::kPurchase, {"b"}));
  apply(event_at(2, Action::kPurchase, {"a"}));
  EXPECT_THAT(state_.bought, ElementsAre(Bought{id("b"), at_s(1), 1}, Bought{id("a"), at_s(2), 2}));
}

TEST_F(FoldTest, GivesEachItemOfAnEventTheHistoryBeforeItAndItsBasket) {
  click(0, "x");
  examples_.clear();
  Event purchase = event_at(1, Action::kPurchase, {"a", "b", "c"});
  purchase.context = {"phone"};
  apply(purchase);

  ASSERT_THAT(examples_, SizeIs(3));
  for (const TrainingExample& example : examples_) {
    ASSERT_THAT(example.history, SizeIs(1));
    EXPECT_EQ(example.history[0].item, id("x"));
    EXPECT_EQ(example.user, "u");
    EXPECT_EQ(example.partition, PartitionId{3});
    EXPECT_EQ(example.offset, Offset{101});
    EXPECT_THAT(example.context, ElementsAre("phone"));
    EXPECT_THAT(example.known_context, IsEmpty());
    EXPECT_EQ(example.event_time, at_s(1));
    EXPECT_FALSE(example.session_start);
  }
  EXPECT_EQ(examples_[1].item, id("b"));
  EXPECT_EQ(examples_[1].item_name, "b");
  EXPECT_THAT(examples_[1].basket, ElementsAre(id("a"), id("c")));
}

TEST_F(FoldTest, GivesExamplesTheNewestHistoryOnly) {
  config_.learn_history_max = 2;
  for (const char* item : {"a", "b", "c", "d"}) click(next_offset_, item);
  ASSERT_THAT(examples_.back().history, SizeIs(2));
  EXPECT_EQ(examples_.back().history[0].item, id("b"));
  EXPECT_EQ(examples_.back().history[1].item, id("c"));
}

TEST_F(FoldTest, ForgetsEntriesByTheUsersOwnEventTime) {
  config_.history_age_max = std::chrono::seconds{100};
  click(0, "a");
  apply(event_at(1, Action::kImpression, {"s"}));
  apply(event_at(2, Action::kPurchase, {"b"}));
  click(100, "c");
  EXPECT_THAT(history_items(), ElementsAre(id("a"), id("b"), id("c"))) << "100 s are not too old";
  click(103, "d");
  EXPECT_THAT(history_items(), ElementsAre(id("c"), id("d")));
  EXPECT_THAT(state_.bought, IsEmpty());
  EXPECT_THAT(state_.shown, IsEmpty());
}

TEST_F(FoldTest, ForgetsWhatIsTooOldWhenItComes) {
  config_.history_age_max = std::chrono::seconds{100};
  click(200, "a");
  click(50, "b");
  EXPECT_THAT(history_items(), ElementsAre(id("a")));
}

TEST_F(FoldTest, KeepsEntriesForEverWithoutALimitOfAge) {
  click(0, "a");
  click(100L * 365 * 24 * 3600, "b");
  EXPECT_THAT(history_items(), ElementsAre(id("a"), id("b")));
}

TEST_F(FoldTest, RemembersDislikesUntilALike) {
  apply(event_at(0, Action::kDislike, {"a"}));
  apply(event_at(1, Action::kDislike, {"b"}));
  EXPECT_THAT(state_.disliked, ElementsAre(id("a"), id("b")));
  EXPECT_THAT(state_.history, IsEmpty());
  EXPECT_THAT(examples_, IsEmpty());
  apply(event_at(2, Action::kLike, {"a"}));
  EXPECT_THAT(state_.disliked, ElementsAre(id("b")));
  EXPECT_THAT(history_items(), ElementsAre(id("a")));
}

TEST_F(FoldTest, OnlyTalliesImpressions) {
  apply(event_at(0, Action::kImpression, {"a", "b"}));
  EXPECT_EQ(apply(event_at(1, Action::kImpression, {"a"})), FoldOutcome::kApplied);
  EXPECT_THAT(state_.shown, ElementsAre(Shown{id("b"), at_s(0), 1}, Shown{id("a"), at_s(1), 2}));
  EXPECT_THAT(state_.history, IsEmpty());
  EXPECT_THAT(examples_, IsEmpty());
  EXPECT_EQ(state_.session_count, 0u);
}

TEST_F(FoldTest, KeepsContextThatAnEventDoesNotBring) {
  Event event = event_at(0, Action::kClick, {"a"});
  event.context = {"phone", "DE"};
  apply(event);
  event.context = {"", "FR"};
  apply(event);
  EXPECT_THAT(state_.context, ElementsAre("phone", "FR"));
}

TEST_F(FoldTest, TellsExamplesWhatWasKnownBeforeTheEventAndWhatTheEventSays) {
  Event event = event_at(0, Action::kPurchase, {"a"});
  event.context = {"phone", "DE"};
  event.items[0].quantity = 3;
  apply(event);
  event = event_at(60, Action::kPurchase, {"b"});
  event.context = {"", "FR"};
  apply(event);

  EXPECT_THAT(examples_.front().bought, IsEmpty());
  EXPECT_EQ(examples_.front().pieces, 3u);
  EXPECT_THAT(examples_.back().known_context, ElementsAre("phone", "DE"));
  EXPECT_THAT(examples_.back().context, ElementsAre("phone", "FR"));
  EXPECT_THAT(examples_.back().bought, ElementsAre(Bought{id("a"), at_s(0), 3}));
}

TEST(FoldOutcomes, HaveDifferentNames) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kFoldOutcomeCount; ++i) {
    names.insert(to_string(static_cast<FoldOutcome>(i)));
  }
  EXPECT_THAT(names, SizeIs(kFoldOutcomeCount));
}

}  // namespace
}  // namespace freshet
