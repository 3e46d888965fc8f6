#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "config/state_config.h"
#include "scoring/experts/repeat.h"
#include "scoring/learning/learner.h"
#include "scoring/replica.h"
#include "state/fold.h"

namespace freshet {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

constexpr unsigned kSeed = 21;

std::size_t at(std::chrono::seconds age) { return Repurchases::age_bucket(age); }

TEST(Repurchases, AgesAreQuartersOfAnOctave) {
  EXPECT_EQ(at(0s), 0U);
  EXPECT_EQ(at(-5s), 0U);
  EXPECT_EQ(at(days(1)), 0U);
  EXPECT_EQ(at(days(2)), 4U);
  EXPECT_EQ(at(days(16)), 16U);
  EXPECT_GT(at(days(9)), at(days(7)));
  EXPECT_EQ(at(days(100'000)), Repurchases::kAges - 1);
}

/// Every user buys the row again and again, `gap` apart.
void buy_regularly(Repurchases& repurchases, ItemRow row, std::chrono::seconds gap, int times) {
  for (int k = 0; k < times; ++k) {
    if (k > 0) repurchases.observe_again(row, 0, at(gap));
    repurchases.observe(row, 0);
  }
}

TEST(Repurchases, RateIsHighestWhenAnItemIsDue) {
  Repurchases repurchases;
  repurchases.grow(2);
  buy_regularly(repurchases, 0, days(7), 200);
  buy_regularly(repurchases, 1, days(60), 200);

  EXPECT_GT(repurchases.rate(0, 0, at(days(7))), 10 * repurchases.rate(0, 0, at(days(2))));
  EXPECT_GT(repurchases.rate(0, 0, at(days(7))), 5 * repurchases.rate(1, 0, at(days(7))));
  EXPECT_GT(repurchases.rate(1, 0, at(days(60))), 10 * repurchases.rate(1, 0, at(days(20))));
}

TEST(Repurchases, AnItemThatWasNeverBoughtAgainBorrowsFromAll) {
  Repurchases repurchases;
  repurchases.grow(3);
  buy_regularly(repurchases, 0, days(30), 100);
  repurchases.observe(1, 0);
  for (int k = 0; k < 500; ++k) repurchases.observe(2, 0);

  EXPECT_GT(repurchases.rate(1, 0, at(days(30))), repurchases.rate(1, 0, at(days(3))));
  EXPECT_GT(repurchases.rate(1, 0, at(days(30))), 10 * repurchases.rate(2, 0, at(days(30))))
      << "what 500 users bought but once is not bought again";
}

TEST(Repurchases, OldPurchasesFade) {
  Repurchases repurchases;
  repurchases.grow(1);
  buy_regularly(repurchases, 0, days(7), 2'000);
  const float weekly = repurchases.rate(0, 0, at(days(7)));

  buy_regularly(repurchases, 0, days(28), 4'000);

  EXPECT_LT(repurchases.rate(0, 0, at(days(7))), 0.2F * weekly);
}

TEST(RepeatExpert, WithoutPurchasesGoesByThePlaceInTheHistoryAlone) {
  RepeatCounts counts;
  counts.grow(4);
  RepeatExpert expert(counts);
  Context context;
  context.distinct = {{.row = 2}, {.row = 1}};

  expert.prepare(context, 4);

  EXPECT_FLOAT_EQ(expert.probability(2), counts.share(0));
  EXPECT_FLOAT_EQ(expert.probability(1), counts.share(1));
  EXPECT_EQ(expert.due_part(2), std::nullopt);
}

TEST(RepeatExpert, ProbabilitiesOfReturnsAndPurchasesAddUpToOneAtMost) {
  RepeatCounts counts;
  counts.grow(6);
  for (ItemRow row = 0; row < 6; ++row)
    buy_regularly(counts.repurchases(), row, days(3 + 5 * row), 20);
  RepeatExpert expert(counts);
  Context context;
  context.distinct = {{.row = 2}, {.row = 1}};
  context.owned = {{3, 1, days(18)}, {1, 2, days(2)}, {5, 1, days(90)}};

  expert.prepare(context, 6);

  float sum = 0;
  for (ItemRow row = 0; row < 6; ++row) sum += expert.probability(row);
  EXPECT_LE(sum, 1.0001F);
  EXPECT_GT(expert.probability(3), 0.2F) << "due, and not in the history";
  EXPECT_EQ(expert.due_part(3), 1);
  EXPECT_EQ(expert.due_part(2), 0);
  std::vector<Influence> influences;
  expert.add_influences(3, influences);
  EXPECT_EQ(influences.at(0).item, 3U);
  EXPECT_EQ(expert.probability(0), 0);
}

/// Households that buy ten things each in their own rhythm, a week to ten weeks, and other things
/// between. Time of a purchase varies by a tenth.
class Households {
 public:
  static constexpr std::size_t kHouseholds = 60, kThings = 10, kItems = 120;

  Households() {
    for (std::size_t h = 0; h < kHouseholds; ++h)
      for (std::size_t k = 0; k < kThings; ++k) due_.push_back({wait(item_of(h, k)), h, k});
  }

  /// The next purchase; `regular` says whether it was due.
  Event next(bool& regular) {
    const auto soonest = std::min_element(due_.begin(), due_.end(),
                                          [](auto& a, auto& b) { return a.time < b.time; });
    now_ = std::max(now_ + 1s, soonest->time);
    regular = random_() % 3 != 0;
    const std::size_t household = soonest->household;
    std::size_t item = random_() % kItems;
    if (regular) {
      item = item_of(household, soonest->thing);
      soonest->time = now_ + wait(item);
    }
    Event event;
    event.user = "household-" + std::to_string(household);
    event.action = Action::kPurchase;
    const std::string name = "thing-" + std::to_string(item);
    event.items = {{.id = item_id_of(name), .name = name}};
    event.event_time = EventTime(now_);
    return event;
  }

 private:
  struct Due {
    std::chrono::seconds time;
    std::size_t household, thing;
  };

  static std::size_t item_of(std::size_t household, std::size_t thing) {
    return (household * 7 + thing * 11) % kItems;
  }
  std::chrono::seconds wait(std::size_t item) {
    const double weeks = 1 + static_cast<double>(item % 10);
    const double noise = 0.9 + 0.2 * static_cast<double>(random_() % 1'000) / 1'000;
    return std::chrono::seconds(static_cast<std::int64_t>(weeks * noise * 7 * 24 * 3'600));
  }

  std::mt19937 random_{kSeed};
  std::vector<Due> due_;
  std::chrono::seconds now_{0};
};

TEST(RegularPurchases, AreForetoldWhenTheyAreDue) {
  std::printf("seed %u\n", kSeed);
  ScoringConfig config;
  config.filters.bought = false;
  Learner learner(config, nullptr);
  Replica replica(config, nullptr);
  const Fold fold{StateConfig{}};
  Households households;
  std::vector<UserState> states(Households::kHouseholds);
  std::size_t regular = 0, hits = 0, by_place = 0, told = 0;
  for (std::int64_t offset = 0; offset < 9'000; ++offset) {
    bool is_regular = false;
    const Event event = households.next(is_regular);
    UserState& state = states[std::stoul(event.user.substr(10))];
    const RankRequest request{.user = event.user, .state = state, .event_time = event.event_time};
    if (offset > 6'000 && is_regular && !state.history.empty()) {
      ++regular;
      const RankedList list = replica.rank(std::span(&request, 1))[0];
      for (std::size_t k = 0; k < std::min<std::size_t>(5, list.items.size()); ++k) {
        if (list.items[k].id != event.items[0].id) continue;
        ++hits;
        for (const Reason& reason : list.items[k].reasons)
          told += reason.text.find("due again") != std::string::npos ? 1 : 0;
      }
      for (std::size_t k = 0; k < 5 && k < state.history.size(); ++k)
        by_place += state.history[state.history.size() - 1 - k].item == event.items[0].id ? 1 : 0;
    }
    std::vector<TrainingExample> examples;
    fold.apply(event, {.offset = Offset{offset}}, state, examples);
    learner.learn(examples);
    if (offset % 20 != 0) continue;
    ASSERT_TRUE(replica.apply(*learner.take_delta()));
  }

  ASSERT_TRUE(replica.apply(*learner.take_delta()));
  std::printf(
      "%zu regular purchases, %zu among the first 5 of the list, %zu said to be due, %zu of "
      "the newest 5 bought\n",
      regular, hits, told, by_place);
  EXPECT_GT(static_cast<double>(hits) / static_cast<double>(regular), 0.5);
  EXPECT_GT(hits, 2 * by_place);
  EXPECT_GT(told, hits / 2);
  EXPECT_EQ(replica.knowledge().to_bytes(), learner.knowledge().to_bytes());
}

}  // namespace
}  // namespace freshet
