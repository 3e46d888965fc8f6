#include "scoring/learning/learner.h"

#include <gtest/gtest.h>

#include "fakes/fake_network.h"
#include "scoring/replica.h"
#include "shop_stream.h"

namespace freshet {
namespace {

constexpr std::uint64_t kSeed = 7;

ScoringConfig small_config() {
  ScoringConfig config;
  config.covisitation.neighbours_max = 16;
  config.learning.batch_size_max = 8;
  return config;
}

/// Learns in chunks, as the app does, and hands every delta to the replica.
void follow(Learner& learner, Replica& replica, std::span<const TrainingExample> examples,
            std::size_t chunk) {
  while (!examples.empty()) {
    const std::size_t count = std::min(chunk, examples.size());
    learner.learn(examples.first(count));
    examples = examples.subspan(count);
    const auto delta = learner.take_delta();
    ASSERT_NE(delta, nullptr);
    ASSERT_TRUE(replica.apply(*delta));
  }
}

void expect_same_lists(Replica& a, Replica& b) {
  const auto requests = many_requests();
  const auto of_a = a.rank(requests);
  const auto of_b = b.rank(requests);
  ASSERT_EQ(of_a.size(), of_b.size());
  for (std::size_t k = 0; k < of_a.size(); ++k) ASSERT_EQ(text_of(of_a[k]), text_of(of_b[k]));
}

TEST(Learner, ReplicaKnowsExactlyWhatTheLearnerKnows) {
  Learner learner(small_config(), nullptr);
  Replica replica(small_config(), nullptr);
  const auto examples = ShopStream(kSeed).take(3'000);

  follow(learner, replica, examples, 100);

  Recommender of_learner(small_config(), learner.knowledge());
  const auto requests = many_requests();
  const auto expected = of_learner.rank(requests, RankEffort::kFull);
  const auto lists = replica.rank(requests);
  for (std::size_t k = 0; k < lists.size(); ++k) ASSERT_EQ(text_of(lists[k]), text_of(expected[k]));
  EXPECT_EQ(replica.knowledge().to_bytes(), learner.knowledge().to_bytes());
  EXPECT_EQ(replica.version(), learner.version());
}

TEST(Learner, SameExamplesGiveSameModelWheneverDeltasAreTaken) {
  Learner one(small_config(), nullptr), other(small_config(), nullptr);
  Replica of_one(small_config(), nullptr), of_other(small_config(), nullptr);
  const auto examples = ShopStream(kSeed).take(2'000);

  follow(one, of_one, examples, 200);
  for (std::size_t k = 0; k < examples.size(); k += 200)
    other.learn(std::span(examples).subspan(k, 200));
  ASSERT_TRUE(of_other.apply(*other.take_delta()));

  expect_same_lists(of_one, of_other);
}

TEST(Learner, NothingNewMeansNoDelta) {
  Learner learner(small_config(), nullptr);

  EXPECT_EQ(learner.take_delta(), nullptr);
  learner.learn(ShopStream(kSeed).take(10));
  EXPECT_NE(learner.take_delta(), nullptr);
  EXPECT_EQ(learner.take_delta(), nullptr);
}

TEST(Learner, ExamplesAtOrBelowTheTrainedOffsetAreIgnored) {
  Learner learner(small_config(), nullptr);
  const auto examples = ShopStream(kSeed).take(100);
  learner.learn(examples);
  const auto bytes = learner.knowledge().to_bytes();

  learner.learn(examples);

  EXPECT_EQ(learner.figures().examples, 100U);
  EXPECT_EQ(learner.figures().repeated, 100U);
  EXPECT_EQ(learner.knowledge().to_bytes(), bytes);
}

TEST(Learner, EveryItemOfOneEventIsLearnedOnce) {
  Learner learner(small_config(), nullptr);
  TrainingExample first;
  first.item = item_id_of("bread");
  first.item_name = "bread";
  TrainingExample second = first;
  second.item = item_id_of("butter");
  second.item_name = "butter";

  learner.learn({&first, 1});
  learner.learn({&second, 1});
  learner.learn({&second, 1});

  EXPECT_EQ(learner.figures().examples, 2U);
}

TEST(Learner, TwoNamesUnderOneIdAreCountedNotMixed) {
  Learner learner(small_config(), nullptr);
  TrainingExample example;
  example.item = ItemId{42};
  example.item_name = "one";
  TrainingExample other = example;
  other.offset = Offset{1};
  other.user = "other";
  other.item_name = "two";

  const std::vector<TrainingExample> together{example, other};
  learner.learn(together);
  other.offset = Offset{2};
  learner.learn({&other, 1});

  EXPECT_EQ(learner.figures().collisions, 2U);
  EXPECT_EQ(learner.knowledge().popularity().events(), 1U);
}

TEST(Learner, BasketPairsCountAsGoingTogether) {
  Learner learner(small_config(), nullptr);
  Replica replica(small_config(), nullptr);
  std::vector<TrainingExample> examples;
  for (std::int64_t basket = 0; basket < 3; ++basket) {
    for (const char* name : {"bread", "butter"}) {
      TrainingExample& example = examples.emplace_back();
      example.offset = Offset{basket};
      example.user = std::to_string(basket);
      example.item = item_id_of(name);
      example.item_name = name;
      example.action = Action::kPurchase;
      example.basket = {item_id_of(std::string(name) == "bread" ? "butter" : "bread")};
    }
  }

  follow(learner, replica, examples, 2);

  const auto related = replica.related("bread", 5);
  ASSERT_EQ(related.size(), 1U);
  EXPECT_EQ(related[0].name, "butter");
  EXPECT_EQ(related[0].reasons.at(0).because_of_name, "bread");
}

TEST(Learner, SecondStageImprovesMrrOnAStreamWithStructure) {
  std::printf("seed %llu\n", static_cast<unsigned long long>(kSeed));
  ScoringConfig config = small_config();
  config.learning.batch_size_max = 32;
  Learner learner(config, nullptr);

  learner.learn(ShopStream(kSeed).take(6'000));

  const LearnerFigures& figures = learner.figures();
  RecordProperty("second_stage_mrr", std::to_string(figures.final_ranks.mrr_at_20()));
  EXPECT_GT(figures.final_ranks.mrr_at_20(), 1.03 * figures.mixture_ranks.mrr_at_20());
  EXPECT_GT(figures.final_ranks.recall_at_20(), 0.8);
}

TEST(Learner, ReplicaWithNetworkFollowsTheLearnersNetwork) {
  FakeNetwork::Levers levers;
  const NetworkFactory factory = [&levers] { return std::make_unique<FakeNetwork>(&levers); };
  Learner learner(small_config(), factory);
  Replica replica(small_config(), factory);

  follow(learner, replica, ShopStream(kSeed).take(1'000), 50);

  Recommender of_learner(small_config(), learner.knowledge());
  const auto requests = many_requests();
  const auto expected = of_learner.rank(requests, RankEffort::kFull);
  const auto lists = replica.rank(requests);
  EXPECT_GT(levers.trained, 500U);
  for (std::size_t k = 0; k < lists.size(); ++k) ASSERT_EQ(text_of(lists[k]), text_of(expected[k]));
}

}  // namespace
}  // namespace freshet
