#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "ingest/event.h"
#include "scoring/experts/covisitation.h"
#include "scoring/experts/popularity.h"
#include "scoring/experts/walk.h"
#include "scoring/learning/mixture_trainer.h"
#include "scoring/ranking/fast_log.h"

namespace freshet {
namespace {

const SourceSet everyone = SourceSet().set();

Context context_of(const std::vector<ItemRow>& newest_first) {
  Context context;
  for (const ItemRow row : newest_first) {
    context.distinct.push_back(
        {.row = row, .steps_back = static_cast<std::uint32_t>(context.steps.size()), .times = 1});
    context.steps.push_back({row, true});
  }
  context.session_length = newest_first.size();
  return context;
}

TEST(Covisitation, CountsByDistanceInBothDirections) {
  Covisitation counts(CovisitationConfig{});
  counts.grow(4);
  const std::vector<ContextStep> steps{{2, true}, {1, true}};

  counts.observe(3, steps, {});

  EXPECT_FLOAT_EQ(counts.find(2, 3)->forward, 1);
  EXPECT_FLOAT_EQ(counts.find(1, 3)->forward, 0.5F);
  EXPECT_FLOAT_EQ(counts.find(3, 1)->backward, 0.5F);
  EXPECT_FLOAT_EQ(counts.find(2, 3)->next, 1);
  EXPECT_FLOAT_EQ(counts.find(1, 3)->next, 0);
  EXPECT_FLOAT_EQ(counts.of(1).weight, 0.5F);
}

TEST(Covisitation, PairsAcrossSessionsWeighLess) {
  Covisitation counts(CovisitationConfig{});
  counts.grow(3);

  counts.observe(2, std::vector<ContextStep>{{1, false}}, {});

  EXPECT_FLOAT_EQ(counts.find(1, 2)->forward, kCrossSessionWeight);
  EXPECT_FLOAT_EQ(counts.find(1, 2)->next, 0);
}

TEST(Covisitation, KeepsTheStrongestPairsWhenFull) {
  CovisitationConfig config;
  config.neighbours_max = 8;
  Covisitation counts(config);
  counts.grow(200);
  const std::vector<ContextStep> after_zero{{0, true}};

  for (ItemRow row = 1; row < 200; ++row) {
    counts.observe(1, after_zero, {});  // A strong pair among many weak ones.
    counts.observe(row, after_zero, {});
    ASSERT_LE(counts.of(0).rows.size(), 2 * config.neighbours_max);
  }

  EXPECT_NE(counts.find(0, 1), nullptr);
  EXPECT_EQ(counts.of(0).edges.rows().front().row, 1U);
}

TEST(Covisitation, FindsEveryPairOfAnItemAndNoOther) {
  constexpr ItemRow kRows = 30;
  Covisitation counts(CovisitationConfig{});
  counts.grow(kRows);
  for (ItemRow known = 1; known < kRows; ++known) {
    counts.observe(known, std::vector<ContextStep>{{0, true}}, {});
    for (ItemRow row = 1; row < kRows; ++row) {
      const PairCounts* pair = counts.find(0, row);
      ASSERT_EQ(pair != nullptr, row <= known) << row << " of " << known;
      if (pair == nullptr) continue;
      EXPECT_EQ(pair->last, row) << "the tick of its event";
    }
  }
}

TEST(Covisitation, EdgeSumMatchesTheEdges) {
  Covisitation counts(CovisitationConfig{});
  counts.grow(50);
  for (ItemRow row = 0; row < 500; ++row)
    counts.observe((row * 7) % 50, std::vector<ContextStep>{{row % 50, true}, {row % 3, true}}, {});

  for (ItemRow row = 0; row < 50; ++row) {
    float sum = 1;
    for (const Edge& edge : counts.of(row).edges.rows()) sum += edge.score;
    EXPECT_FLOAT_EQ(counts.of(row).edge_sum, sum);
    EXPECT_LE(counts.of(row).edges.rows().size(), CovisitationConfig{}.walk_edges_max);
  }
}

TEST(WalkExpert, FindsWhatNeverFollowedDirectly) {
  Covisitation counts(CovisitationConfig{});
  counts.grow(3);
  counts.observe(1, std::vector<ContextStep>{{0, true}}, {});
  counts.observe(2, std::vector<ContextStep>{{1, true}}, {});
  WalkExpert walk(counts);

  walk.prepare(context_of({0}), 3);

  EXPECT_EQ(counts.find(0, 2), nullptr);
  EXPECT_GT(walk.probability(2), 0);
  std::vector<Influence> influences;
  walk.add_influences(2, influences);
  ASSERT_EQ(influences.size(), 1U);
  EXPECT_EQ(influences[0].item, 0U);
  EXPECT_FLOAT_EQ(influences[0].share, 1);
  EXPECT_FLOAT_EQ(walk.reach(2).paths, 1);
}

TEST(WalkExpert, TellsTheDirectionOfBothSteps) {
  Covisitation counts(CovisitationConfig{});
  counts.grow(4);
  counts.observe(1, std::vector<ContextStep>{{0, true}}, {});
  counts.observe(2, std::vector<ContextStep>{{1, true}}, {});
  counts.observe(1, std::vector<ContextStep>{{3, true}}, {});
  WalkExpert walk(counts);

  walk.prepare(context_of({0}), 4);
  EXPECT_GT(walk.reach(2).forward_forward, 0);
  EXPECT_FLOAT_EQ(walk.reach(2).two_hops, walk.reach(2).forward_forward);
  EXPECT_GT(walk.reach(3).forward_backward, 0);
  EXPECT_FLOAT_EQ(walk.reach(3).two_hops, walk.reach(3).forward_backward);

  walk.prepare(context_of({2}), 4);
  EXPECT_GT(walk.reach(0).backward_backward, 0);
  EXPECT_FLOAT_EQ(walk.reach(0).two_hops, walk.reach(0).backward_backward);
}

TEST(WalkExpert, OlderItemsAreToldButNameNoCandidates) {
  Covisitation counts(CovisitationConfig{});
  counts.grow(5);
  counts.observe(3, std::vector<ContextStep>{{2, true}}, {});
  counts.observe(4, std::vector<ContextStep>{{3, true}}, {});
  WalkExpert walk(counts);
  std::vector<ScoredRow> best;

  walk.prepare(context_of({0, 1, 2}), 5);  // Item 2 is the third back.
  walk.candidates(10, best);

  EXPECT_GT(walk.reach(4).two_hops_older, 0);
  EXPECT_EQ(walk.probability(4), 0);
  EXPECT_TRUE(best.empty());
  walk.prepare(context_of({0}), 5);
  EXPECT_EQ(walk.reach(4).two_hops_older, 0) << "left over from the context before";
}

TEST(WalkExpert, ProbabilitiesAddUpToOneAtMost) {
  Covisitation counts(CovisitationConfig{});
  counts.grow(50);
  for (ItemRow row = 0; row < 2'000; ++row)
    counts.observe((row * 7) % 50, std::vector<ContextStep>{{row % 50, true}, {row % 3, true}}, {});
  WalkExpert walk(counts);
  CovisitationExpert follow(counts);

  walk.prepare(context_of({4, 9}), 50);
  follow.prepare(context_of({4, 9}), 50);

  float walked = 0, followed = 0;
  for (ItemRow row = 0; row < 50; ++row) {
    walked += walk.probability(row);
    followed += follow.probability(row);
  }
  EXPECT_LE(walked, 1.0001F);
  EXPECT_LE(followed, 1.0001F);
  EXPECT_GT(walked, 0.5F);
}

TEST(Popularity, NewerEventsWeighMore) {
  Popularity popularity({.half_lives = {10, 20, 40}});
  popularity.grow(2);
  for (int k = 0; k < 100; ++k) popularity.observe(0);
  for (int k = 0; k < 30; ++k) popularity.observe(1);

  EXPECT_GT(popularity.share(0, 1), 0.8F);
  EXPECT_LT(popularity.share(2, 1), popularity.share(0, 1));
  EXPECT_EQ(popularity.top().front().row, 1U);
}

TEST(Popularity, SharesStayExactWhenCountsAreScaledDown) {
  Popularity popularity({.half_lives = {10, 10, 10}});  // Scaled down every 200 events.
  popularity.grow(3);
  for (int k = 0; k < 3'001; ++k) popularity.observe(static_cast<ItemRow>(k % 3));

  const float sum = popularity.share(1, 0) + popularity.share(1, 1) + popularity.share(1, 2);
  EXPECT_NEAR(sum, 1, 1e-4);
  EXPECT_EQ(popularity.top().front().row, 0U);
  EXPECT_NEAR(popularity.share(1, 2) / popularity.share(1, 0), std::exp2(-0.1F), 1e-4);
}

TEST(MixtureTrainer, WeightsAddUpToOneAndKeepTheFloor) {
  MixtureConfig config;
  config.learning_rate = 0.05;
  MixtureTrainer trainer(config);
  PerSource good_walk{};
  good_walk[index_of(Source::kWalk)] = 0.5F;
  good_walk[index_of(Source::kPopular)] = 0.001F;

  const std::size_t cell = mixture_cell(Action::kClick, 2);
  for (int k = 0; k < 2'000; ++k) trainer.learn(cell, good_walk, everyone);

  const PerSource& weights = trainer.weights().of[cell];
  EXPECT_NEAR(std::accumulate(weights.begin(), weights.end(), 0.0F), 1, 1e-5);
  for (const float weight : weights) EXPECT_GE(weight, static_cast<float>(config.floor) * 0.9999F);
  EXPECT_GT(weights[index_of(Source::kWalk)], 0.98F);
  EXPECT_EQ(trainer.weights().of[mixture_cell(Action::kClick, 7)], MixtureWeights::even().of[0]);
}

TEST(MixtureTrainer, ExpertThatGoesBadLosesItsSayWithinHundreds) {
  MixtureTrainer trainer(MixtureConfig{});
  PerSource network_good{}, network_bad{};
  network_good[index_of(Source::kNetwork)] = 0.3F;
  network_good[index_of(Source::kWalk)] = 0.03F;
  network_bad[index_of(Source::kWalk)] = 0.03F;
  for (int k = 0; k < 3'000; ++k) trainer.learn(0, network_good, everyone);
  const float before = trainer.weights().of[0][index_of(Source::kNetwork)];

  for (int k = 0; k < 700; ++k) trainer.learn(0, network_bad, everyone);

  EXPECT_GT(before, 0.8F);
  EXPECT_LT(trainer.weights().of[0][index_of(Source::kNetwork)], 0.3F * before);
}

TEST(MixtureTrainer, KindsOfHistoryLearnTheirOwnWeightsOnceTheyAreKnown) {
  MixtureConfig config;
  config.learning_rate = 0.01;
  MixtureTrainer trainer(config);
  PerSource walk{}, repeat{};
  walk[index_of(Source::kWalk)] = 0.5F;
  repeat[index_of(Source::kRepeat)] = 0.5F;
  const std::size_t click = mixture_cell(Action::kClick, 2);
  const std::size_t cart = mixture_cell(Action::kCart, 2);

  for (int k = 0; k < 500; ++k) trainer.learn(click, walk, everyone);
  const MixtureWeights young = trainer.weights();
  for (std::uint64_t k = 0; k < MixtureTrainer::kOwnEventsMin; ++k) {
    trainer.learn(click, walk, everyone);
    trainer.learn(cart, repeat, everyone);
  }

  EXPECT_EQ(young.of[cart], young.of[click]) << "what is not known yet follows its length";
  EXPECT_EQ(young.of[mixture_cell(Action::kCart, 3)], MixtureWeights::even().of[0]);
  EXPECT_GT(trainer.weights().of[click][index_of(Source::kWalk)], 0.9F);
  EXPECT_GT(trainer.weights().of[cart][index_of(Source::kRepeat)], 0.3F);
  for (int k = 0; k < 500; ++k) {
    trainer.learn(click, walk, everyone);
    trainer.learn(cart, repeat, everyone);
  }
  EXPECT_GT(trainer.weights().of[cart][index_of(Source::kRepeat)], 0.9F);
}

TEST(MixtureTrainer, MeanWeightsCountAKindOfHistoryAsOftenAsItIs) {
  MixtureTrainer trainer({.learning_rate = 0.01});
  PerSource walk{};
  walk[index_of(Source::kWalk)] = 0.5F;

  for (int k = 0; k < 100; ++k) trainer.learn(mixture_cell(Action::kClick, 1), walk, everyone);
  const PerSource clicks = trainer.mean_weights(everyone);
  for (int k = 0; k < 2'000; ++k) trainer.learn(mixture_cell(Action::kPurchase, 1), walk, everyone);

  float expected = 0;
  for (std::size_t cell = 0; cell < kLengthBuckets; ++cell)
    expected += trainer.weights().of[cell][index_of(Source::kWalk)] / kLengthBuckets;
  EXPECT_GT(expected, clicks[index_of(Source::kWalk)]) << "clicks follow while they are few";
  const PerSource mean = trainer.mean_weights(everyone);
  EXPECT_NEAR(std::accumulate(mean.begin(), mean.end(), 0.0F), 1, 1e-5);
  EXPECT_GT(mean[index_of(Source::kWalk)], expected);
}

TEST(LengthBucket, SplitsAsDocumented) {
  const std::vector<std::size_t> lengths{0, 1, 2, 3, 4, 5, 6, 9, 10, 99};
  const std::vector<std::size_t> buckets{0, 0, 1, 2, 3, 3, 4, 4, 5, 5};
  for (std::size_t k = 0; k < lengths.size(); ++k) EXPECT_EQ(length_bucket(lengths[k]), buckets[k]);
}

TEST(FastLog, IsTheLogarithm) {
  for (float x = 1e-7F; x < 1e9F; x *= 1.37F)
    EXPECT_NEAR(fast_log(x), std::log(x), 3e-6F * std::max(1.0F, std::abs(std::log(x)))) << x;
}

}  // namespace
}  // namespace freshet
