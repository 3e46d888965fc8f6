#include "scoring/learning/second_stage_trainer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace freshet {
namespace {

constexpr std::uint64_t kSeed = 11;
constexpr std::size_t kCandidates = 10;

/// Candidates with features of noise; feature 0 of the target is higher by `lift`.
CandidateSet candidates_of(std::mt19937_64& random, std::size_t target, float lift) {
  std::normal_distribution<float> noise;
  CandidateSet set;
  for (std::size_t j = 0; j < kCandidates; ++j) set.rows.push_back(static_cast<ItemRow>(j));
  set.probabilities.resize(kCandidates);
  set.ranks.resize(kCandidates);
  set.base.assign(kCandidates, 0);
  set.features.resize(kCandidates * kFeatureCount);
  for (float& feature : set.features) feature = noise(random);
  set.features[target * kFeatureCount] += lift;
  return set;
}

TEST(SecondStageTrainer, LearnsWhichFeatureMatters) {
  std::printf("seed %llu\n", static_cast<unsigned long long>(kSeed));
  std::mt19937_64 random(kSeed);
  GradientGate gate(0);
  SecondStageTrainer trainer(SecondStageConfig{.hidden = 16}, kSeed);
  std::size_t first = 0;

  for (std::size_t k = 0; k < 4'000; ++k) {
    const CandidateSet set = candidates_of(random, k % kCandidates, 4);
    trainer.observe(set);
    const auto outcome = trainer.learn(set, k % kCandidates, gate);
    if (k >= 3'000 && outcome.rank == 0) ++first;
  }

  EXPECT_GT(first, 850U);
}

TEST(SecondStageTrainer, WeightsThatRankDoNotTremble) {
  std::printf("seed %llu\n", static_cast<unsigned long long>(kSeed));
  std::mt19937_64 random(kSeed);
  const SecondStageConfig config{.hidden = 16, .learning_rate = 0.002};
  GradientGate gate(0);
  SecondStageTrainer trainer(config, kSeed);
  const auto learn_step = [&] {
    for (std::size_t k = 0; k < SecondStageTrainer::kGradientEvents; ++k) {
      const std::size_t target = random() % kCandidates;  // Nothing foretells it.
      const CandidateSet set = candidates_of(random, target, 0);
      trainer.observe(set);
      trainer.learn(set, target, gate);
    }
  };
  for (int step = 0; step < 500; ++step) learn_step();
  const std::vector<float> before = trainer.weights().values;

  learn_step();

  float most = 0;
  for (std::size_t k = 0; k < before.size(); ++k)
    most = std::max(most, std::abs(trainer.weights().values[k] - before[k]));
  EXPECT_GT(most, 0);
  EXPECT_LT(most, config.learning_rate) << "a step of Adam itself is about the rate";
}

}  // namespace
}  // namespace freshet
