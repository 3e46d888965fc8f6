#include "scoring/refresh/refresh_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace freshet {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

ItemId item(std::uint64_t id) { return ItemId{id}; }

/// A book, and both clocks at its side.
class RefreshBookTest : public testing::Test {
 protected:
  void set(const RefreshConfig& config) { book_.emplace(config); }

  /// A list of `items` for the event at `offset` that the user did just now; returns its revision.
  std::int64_t serve(const UserId& user, std::int64_t offset, std::vector<std::uint64_t> items,
                     ListCause cause = ListCause::kEvent, std::int64_t epoch = 1) {
    RankedList list{.user = user,
                    .position = {PartitionId{0}, Offset{offset}, Epoch{epoch}},
                    .event_time = time_,
                    .cause = cause};
    for (const std::uint64_t id : items) list.items.push_back({.id = item(id)});
    book_->made(list, now_, time_);
    return list.position.revision;
  }

  void serve_users(int count) {
    for (int k = 0; k < count; ++k) serve("u" + std::to_string(k), k, {1});
  }

  void pass(std::chrono::milliseconds by) {
    now_ += by;
    time_ += by;
  }

  /// Looks at all users in small steps, then asks for all that the rate allows.
  std::vector<std::string> ask() {
    for (int k = 0; k < 1'000; ++k) book_->look(3, now_, time_);
    std::vector<std::string> asked;
    while (const auto wish = book_->next(now_)) {
      asked.push_back(wish->user + " " + std::string(to_string(wish->cause)));
      book_->asked(*wish, now_);
    }
    return asked;
  }

  SteadyTime now_{1h};
  EventTime time_{std::chrono::hours(500'000)};
  std::optional<RefreshBook> book_{RefreshConfig{.lists_per_second = 1e5}};
};

TEST_F(RefreshBookTest, AListWhoseItemBecameUnavailableIsDue) {
  serve("a", 1, {1, 2, 3});
  serve("b", 2, {4, 5});
  EXPECT_THAT(ask(), IsEmpty());

  book_->lost(std::vector{item(5), item(9)});

  EXPECT_THAT(ask(), ElementsAre("b unavailable"));
  EXPECT_THAT(ask(), IsEmpty()) << "it is on its way";
}

TEST_F(RefreshBookTest, ItemsOfOtherScenariosCountToo) {
  RankedList list{.user = "a", .event_time = time_};
  list.scenarios.push_back({"home", {{.id = item(7)}}});
  book_->made(list, now_, time_);
  book_->lost(std::vector{item(7)});
  EXPECT_THAT(ask(), ElementsAre("a unavailable"));
}

TEST_F(RefreshBookTest, ChangedRulesAndCampaignsMakeEveryEarlierListDue) {
  serve("a", 1, {1});
  book_->rules_changed(ListCause::kCampaign);
  serve("b", 2, {1});
  EXPECT_THAT(ask(), ElementsAre("a campaign"));
  serve("a", 1, {1}, ListCause::kCampaign);

  book_->rules_changed(ListCause::kRule);

  EXPECT_THAT(ask(), ElementsAre("b rule", "a rule")) << "who was active last goes first";
}

TEST_F(RefreshBookTest, AnOldListIsDueWhileItsUserIsActive) {
  set({.active = 10h, .age_max = 4h});
  serve("a", 1, {1});
  pass(4h - 1s);
  EXPECT_THAT(ask(), IsEmpty());
  pass(RefreshBook::kWalkEvery);
  EXPECT_THAT(ask(), ElementsAre("a age"));
  RankedList again{.user = "a", .event_time = time_ - 4h, .cause = ListCause::kAge};
  book_->made(again, now_, time_);

  pass(8h);
  EXPECT_THAT(ask(), IsEmpty()) << "the user did nothing for 12 hours";
  EXPECT_EQ(book_->size(), 0U);
}

TEST_F(RefreshBookTest, AgeZeroMeansThatListsDoNotAge) {
  set({.active = std::chrono::hours(1'000), .age_max = 0s});
  serve("a", 1, {1});
  pass(900h);
  EXPECT_THAT(ask(), IsEmpty());
}

TEST_F(RefreshBookTest, AsksForNoMoreListsThanTheRateAllows) {
  set({.lists_per_second = 20});
  serve_users(200);
  book_->rules_changed(ListCause::kRule);
  ask();
  std::size_t asked = 0;
  for (int k = 0; k < 500; ++k) {
    pass(10ms);
    const std::size_t at_once = ask().size();
    EXPECT_LE(at_once, 2U) << "a tenth of a second's";
    asked += at_once;
  }
  EXPECT_NEAR(static_cast<double>(asked), 100, 1) << "five seconds' of 20";
  EXPECT_EQ(book_->waiting(), 200 - asked - 2);
  pass(1h);
  EXPECT_LE(ask().size(), 2U) << "a pause is not made up for";
}

TEST_F(RefreshBookTest, TheMostUrgentGoFirstHoweverManyWait) {
  serve_users(20);
  serve("last", 99, {5});
  serve_users(20);
  book_->rules_changed(ListCause::kRule);
  for (int k = 0; k < 100; ++k) book_->look(3, now_, time_);
  EXPECT_EQ(book_->waiting(), 21U);

  book_->lost(std::vector{item(5)});

  const auto asked = ask();
  ASSERT_EQ(asked.size(), 16U) << "at once";
  EXPECT_EQ(asked[0], "last unavailable");
  EXPECT_EQ(asked[1], "u19 rule");
}

TEST_F(RefreshBookTest, AUserWaitsOnceAndNotAfterAListOfAnEvent) {
  serve("a", 1, {1});
  serve("b", 2, {1});
  book_->rules_changed(ListCause::kRule);
  for (int k = 0; k < 10; ++k) book_->look(3, now_, time_);
  book_->lost(std::vector{item(1)});
  for (int k = 0; k < 10; ++k) book_->look(3, now_, time_);
  EXPECT_EQ(book_->waiting(), 2U);

  serve("a", 3, {2});

  EXPECT_EQ(book_->waiting(), 1U);
  EXPECT_THAT(ask(), ElementsAre("b unavailable"));
}

TEST_F(RefreshBookTest, WhoFindsNoRoomDoesNotStandInTheWay) {
  serve("a", 1, {1});
  serve("b", 2, {1});
  book_->rules_changed(ListCause::kRule);
  book_->look(5, now_, time_);
  const auto first = book_->next(now_);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->user, "b");
  book_->postpone(*first);
  EXPECT_THAT(ask(), ElementsAre("a rule", "b rule"));
}

TEST_F(RefreshBookTest, WhatChangesDuringAWalkIsFoundInTheNext) {
  serve_users(10);
  book_->rules_changed(ListCause::kRule);
  book_->look(5, now_, time_);
  book_->lost(std::vector{item(1)});
  book_->rules_changed(ListCause::kCampaign);
  for (int k = 0; k < 10; ++k) book_->look(3, now_, time_);

  const auto asked = ask();
  ASSERT_EQ(asked.size(), 10U);
  for (const std::string& one : asked) EXPECT_THAT(one, testing::EndsWith("unavailable"));
}

TEST_F(RefreshBookTest, AListOfOneOffsetAndEpochIsOneRevisionOn) {
  EXPECT_EQ(serve("a", 1, {1}), 0);
  book_->rules_changed(ListCause::kRule);
  book_->look(1, now_, time_);
  const auto wish = book_->next(now_);
  ASSERT_TRUE(wish);
  EXPECT_EQ(wish->position, (Position{PartitionId{0}, Offset{1}, Epoch{1}, 1}));
  EXPECT_EQ(serve("a", 1, {1}, ListCause::kRule), 1);
  EXPECT_EQ(serve("a", 1, {1}), 2) << "what was not acknowledged and is made anew counts, too";
  EXPECT_EQ(serve("a", 1, {1}, ListCause::kEvent, 2), 0) << "another owner's";
  EXPECT_EQ(serve("a", 2, {1}, ListCause::kEvent, 2), 0) << "another event's";
}

TEST_F(RefreshBookTest, TheListOfAUserWhoWasFoundIsDueForItsAge) {
  const Position found{PartitionId{0}, Offset{40}, Epoch{2}};
  serve("a", 1, {1});
  serve("b", 2, {1}, ListCause::kEvent, 2);
  book_->found({"a", found, time_}, now_, time_);
  book_->found({"b", found, time_}, now_, time_);
  book_->found({"c", found, time_}, now_, time_);
  book_->found({"d", found, time_ - 24h}, now_, time_);
  EXPECT_TRUE(book_->is_current("a", found)) << "the one known was a former owner's";
  EXPECT_FALSE(book_->is_current("b", found)) << "more is known";
  EXPECT_THAT(ask(), ElementsAre("a age", "c age")) << "d is not active";
  EXPECT_EQ(serve("c", 40, {1}, ListCause::kAge, 2), 1);
  pass(RefreshBook::kWalkEvery);
  EXPECT_THAT(ask(), IsEmpty());
}

TEST_F(RefreshBookTest, WhoWasFoundTakesNobodysPlace) {
  set({.lists_per_second = 1e5, .users_max = 2});
  const Position found{PartitionId{0}, Offset{40}, Epoch{1}};
  serve("a", 1, {1});
  book_->found({"b", found, time_}, now_, time_);
  book_->found({"c", found, time_}, now_, time_);
  EXPECT_THAT(ask(), ElementsAre("b age"));
  serve("d", 41, {1});
  EXPECT_FALSE(book_->is_current("b", found)) << "d did something";
  EXPECT_EQ(book_->size(), 2U);
}

TEST_F(RefreshBookTest, KnowsWhichListTheUserHas) {
  serve("a", 2, {1});
  EXPECT_TRUE(book_->is_current("a", {PartitionId{0}, Offset{2}, Epoch{1}, 5}));
  EXPECT_FALSE(book_->is_current("a", {PartitionId{0}, Offset{1}, Epoch{1}}));
  EXPECT_FALSE(book_->is_current("a", {PartitionId{0}, Offset{2}, Epoch{2}}));
  EXPECT_FALSE(book_->is_current("nobody", {PartitionId{0}, Offset{2}, Epoch{1}}));
}

TEST_F(RefreshBookTest, WhatWasAskedForAndDidNotComeIsAskedForAgain) {
  serve("a", 1, {1});
  book_->lost(std::vector{item(1)});
  EXPECT_THAT(ask(), ElementsAre("a unavailable"));
  pass(RefreshBook::kAskedAgainAfter - 1s);
  EXPECT_THAT(ask(), IsEmpty());
  pass(RefreshBook::kWalkEvery);
  EXPECT_THAT(ask(), ElementsAre("a unavailable"));
  serve("a", 1, {2}, ListCause::kUnavailable);
  pass(RefreshBook::kAskedAgainAfter + RefreshBook::kWalkEvery);
  EXPECT_THAT(ask(), IsEmpty());
}

TEST_F(RefreshBookTest, KeepsTheUsersWhoWereActiveLast) {
  set({.lists_per_second = 1e5, .users_max = 3});
  serve("a", 1, {1});
  serve("b", 2, {1});
  serve("c", 3, {1});
  serve("a", 4, {1});
  serve("b", 2, {1}, ListCause::kAge);  // No sign of life.
  serve("d", 5, {1});
  EXPECT_EQ(book_->size(), 3U);
  book_->lost(std::vector{item(1)});
  EXPECT_THAT(ask(), ElementsAre("d unavailable", "a unavailable", "c unavailable"));
}

TEST_F(RefreshBookTest, ForgottenUsersLeaveNoTraceNotEvenWhileTheyWait) {
  serve_users(3);
  book_->rules_changed(ListCause::kRule);
  book_->look(1, now_, time_);
  book_->forget("u2");  // Waits.
  book_->forget("u1");  // Is looked at next.
  book_->forget("nobody");
  EXPECT_THAT(ask(), ElementsAre("u0 rule"));
  EXPECT_EQ(book_->size(), 1U);
}

TEST_F(RefreshBookTest, AReplayOfOldEventsIsNobodysActivity) {
  RankedList old{.user = "a", .event_time = time_ - std::chrono::hours(24 * 365)};
  book_->made(old, now_, time_);
  EXPECT_EQ(book_->size(), 0U);
}

TEST_F(RefreshBookTest, DoesNothingWhereItIsOff) {
  set({.enabled = false});
  serve("a", 1, {1});
  EXPECT_EQ(serve("a", 1, {1}), 0);
  EXPECT_EQ(book_->size(), 0U);
}

}  // namespace
}  // namespace freshet
