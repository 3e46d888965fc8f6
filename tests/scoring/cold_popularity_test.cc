#include "scoring/experts/cold_popularity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "ingest/event.h"
#include "scoring/learning/learner.h"
#include "scoring/ranking/reasons.h"
#include "scoring/replica.h"

namespace freshet {
namespace {

using testing::HasSubstr;

constexpr unsigned kSeed = 5;

/// New visitors of three countries: each country likes ten items of its own, and all like one;
/// devices say nothing.
class Visitors {
 public:
  TrainingExample next() {
    const std::size_t country = random_() % 3;
    const std::size_t place = random_() % 10 * (random_() % 2);  // The first ones more than others.
    const std::size_t item = random_() % 8 == 0 ? 99 : 10 * country + place;
    TrainingExample example;
    example.offset = Offset{offset_++};
    example.user = "visitor-" + std::to_string(offset_);
    example.item_name = "item-" + std::to_string(item);
    example.item = item_id_of(example.item_name);
    example.context = {random_() % 2 == 0 ? "phone" : "", kCountries[country]};
    example.session_start = true;
    return example;
  }

  static constexpr const char* kCountries[] = {"DE", "FR", "IT"};

 private:
  std::mt19937 random_{kSeed};
  std::int64_t offset_ = 0;
};

RankRequest visitor_from(std::string country) {
  RankRequest request;
  request.user = "new";
  request.state.context = {"", std::move(country)};
  request.count = 5;
  return request;
}

TEST(ColdUsers, SeeWhatIsPopularWithThoseLikeThem) {
  Learner learner(ScoringConfig{}, nullptr);
  Replica replica(ScoringConfig{}, nullptr);
  Visitors visitors;
  for (int round = 0; round < 20; ++round) {
    std::vector<TrainingExample> examples;
    for (int k = 0; k < 100; ++k) examples.push_back(visitors.next());
    learner.learn(examples);
    ASSERT_TRUE(replica.apply(*learner.take_delta()));
  }
  EXPECT_EQ(replica.knowledge().to_bytes(), learner.knowledge().to_bytes());

  for (std::size_t country = 0; country < 3; ++country) {
    const auto request = visitor_from(Visitors::kCountries[country]);
    const RankedList list = replica.rank(std::span(&request, 1))[0];
    ASSERT_EQ(list.items.size(), 5U);
    EXPECT_EQ(list.fallback, Fallback::kUnknownUser);
    EXPECT_EQ(list.items[0].name, "item-" + std::to_string(10 * country));
    EXPECT_THAT(list.items[0].reasons.at(0).text, HasSubstr(Visitors::kCountries[country]));
    EXPECT_GT(list.items[0].probability, 0.3F);
    float sum = 0;
    for (std::size_t k = 0; k < 5; ++k) {
      sum += list.items[k].probability;
      if (k > 0) {
        EXPECT_LE(list.items[k].score, list.items[k - 1].score);
      }
      const bool own = list.items[k].name.starts_with("item-" + std::to_string(country)) ||
                       (country == 0 && list.items[k].name.size() == 6);
      EXPECT_TRUE(own || list.items[k].name == "item-99") << list.items[k].name;
    }
    EXPECT_LE(sum, 1.0001F);
  }
}

TEST(ColdUsers, OfUnknownContextSeeWhatIsPopularWithAll) {
  Learner learner(ScoringConfig{}, nullptr);
  Visitors visitors;
  std::vector<TrainingExample> examples;
  for (int k = 0; k < 500; ++k) examples.push_back(visitors.next());
  learner.learn(examples);
  Recommender recommender(ScoringConfig{}, learner.knowledge());

  const auto nobody = visitor_from(""), stranger = visitor_from("Atlantis");
  const auto of_nobody = recommender.rank(std::span(&nobody, 1), RankEffort::kFull)[0];
  const auto of_stranger = recommender.rank(std::span(&stranger, 1), RankEffort::kFull)[0];

  ASSERT_EQ(of_nobody.items.size(), 5U);
  for (std::size_t k = 0; k < 5; ++k) EXPECT_EQ(of_nobody.items[k].id, of_stranger.items[k].id);
  EXPECT_EQ(of_nobody.items[0].reasons.at(0).text, popular_reason(Language::kEnglish).text);
}

TEST(ColdUsers, ItemsThatMustNotStandInAListAreLeftOut) {
  Learner learner(ScoringConfig{}, nullptr);
  Visitors visitors;
  std::vector<TrainingExample> examples;
  for (int k = 0; k < 500; ++k) examples.push_back(visitors.next());
  learner.learn(examples);
  Recommender recommender(ScoringConfig{}, learner.knowledge());
  auto request = visitor_from("FR");
  request.state.disliked = {item_id_of("item-10")};

  const auto list = recommender.rank(std::span(&request, 1), RankEffort::kFull)[0];

  for (const RankedItem& item : list.items) EXPECT_NE(item.name, "item-10");
}

TEST(ColdPopularity, StaysBoundedAndKeepsFrequentValuesAmongManyRareOnes) {
  Popularity all({.half_lives = {100, 1'000, 10'000}});
  all.grow(1'000);
  ColdPopularity cold;
  std::mt19937 random(kSeed);
  for (std::size_t k = 0; k < 20'000; ++k) {
    const bool frequent = k % 4 == 0;
    const auto values = context_values(
        std::vector<std::string>{frequent ? "home" : "page-" + std::to_string(random() % 100'000)});
    const auto row = static_cast<ItemRow>(frequent ? 7 : random() % 1'000);
    cold.observe(row, values, k % 10 == 0, all);
    all.observe(row);
  }
  std::vector<ColdPopularity::Choice> best;

  cold.best(context_values(std::vector<std::string>{"home"}), all, best);

  EXPECT_EQ(best.front().row, 7U);
  EXPECT_EQ(best.front().key, 0U);
  EXPECT_GT(best.front().score, all.share(all.main_level(), 7));
  EXPECT_LE(best.size(), kPopularMax + 4 * ColdPopularity::kItemsMax);
}

}  // namespace
}  // namespace freshet
