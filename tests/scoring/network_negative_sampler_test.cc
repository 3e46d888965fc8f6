#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "scoring/network/negative_sampler.h"

namespace freshet {
namespace {

NegativeSampler sampler_with_rows(std::size_t rows, NegativeSampler::Options options) {
  NegativeSampler sampler(options);
  for (ItemRow row = 0; row < rows; ++row) sampler.add_row(row);
  return sampler;
}

TEST(NegativeSampler, GivesLogOfExactShareOfRingAndUniform) {
  auto sampler = sampler_with_rows(10, {.recent_ratio = 0.7});
  const std::vector<ItemRow> recent{3, 3, 3, 7};
  sampler.add_targets(recent);
  const std::vector<ItemRow> targets{3, 7, 0};

  const Negatives negatives = sampler.sample(targets, 4);

  EXPECT_NEAR(negatives.target_log_q[0], std::log(0.7 * 3 / 4 + 0.3 / 10), 1e-6);
  EXPECT_NEAR(negatives.target_log_q[1], std::log(0.7 * 1 / 4 + 0.3 / 10), 1e-6);
  EXPECT_NEAR(negatives.target_log_q[2], std::log(0.3 / 10), 1e-6);
}

TEST(NegativeSampler, DrawsRowsAsOftenAsItsLogQSays) {
  auto sampler = sampler_with_rows(20, {.recent_ratio = 0.5, .seed = 11});
  std::vector<ItemRow> recent(50, 4);
  recent.resize(80, 9);
  sampler.add_targets(recent);
  constexpr std::size_t kDraws = 200'000;

  const Negatives negatives = sampler.sample({}, kDraws);

  std::map<ItemRow, double> seen, expected;
  for (std::size_t i = 0; i < kDraws; ++i) {
    seen[negatives.rows[i]] += 1.0 / kDraws;
    expected[negatives.rows[i]] = std::exp(negatives.log_q[i]);
  }
  double total = 0;
  for (const auto& [row, share] : expected) {
    EXPECT_NEAR(seen[row], share, 0.005) << "row " << row;
    total += share;
  }
  EXPECT_NEAR(total, 1, 1e-5);
}

TEST(NegativeSampler, ForgetsTargetsThatLeftTheRing) {
  auto sampler = sampler_with_rows(4, {.recent_ratio = 1, .ring_max = 2});
  const std::vector<ItemRow> targets{0, 1, 2};

  sampler.add_targets(targets);

  EXPECT_THAT(sampler.sample({}, 100).rows, testing::Each(testing::AnyOf(1, 2)));
}

TEST(NegativeSampler, NeverDrawsRemovedRows) {
  auto sampler = sampler_with_rows(5, {.recent_ratio = 0.5});
  const std::vector<ItemRow> targets{2, 2, 3};
  sampler.add_targets(targets);

  const std::vector<ItemRow> removed{2, 2, 77};
  sampler.remove_rows(removed);
  sampler.add_targets(targets);

  EXPECT_EQ(sampler.live_count(), 4U);
  EXPECT_THAT(sampler.sample({}, 500).rows, testing::Each(testing::Ne(2)));
}

TEST(NegativeSampler, GivesUnknownTargetsAFiniteLogQ) {
  auto sampler = sampler_with_rows(5, {.recent_ratio = 1});
  const std::vector<ItemRow> recent{1, 1}, targets{4, 900};
  sampler.add_targets(recent);

  const Negatives negatives = sampler.sample(targets, 1);

  EXPECT_TRUE(std::isfinite(negatives.target_log_q[0]));
  EXPECT_TRUE(std::isfinite(negatives.target_log_q[1]));
}

TEST(NegativeSampler, GivesNothingWhenNothingIsLive) {
  NegativeSampler sampler({});

  EXPECT_THAT(sampler.sample({}, 8).rows, testing::IsEmpty());
}

TEST(NegativeSampler, RepeatsItselfFromItsSeed) {
  auto one = sampler_with_rows(100, {.seed = 5});
  auto two = sampler_with_rows(100, {.seed = 5});
  auto other = sampler_with_rows(100, {.seed = 6});

  const auto rows = one.sample({}, 50).rows;

  EXPECT_EQ(rows, two.sample({}, 50).rows);
  EXPECT_NE(rows, other.sample({}, 50).rows);
}

}  // namespace
}  // namespace freshet
