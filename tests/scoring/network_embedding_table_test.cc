#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

#include "scoring/network/embedding_table.h"

namespace freshet {
namespace {

EmbeddingTable table_of(std::size_t rows, std::size_t dim) {
  EmbeddingTable table({.dim = dim, .seed = 3});
  table.grow(rows);
  return table;
}

std::vector<float> values_of(const EmbeddingTable& table) {
  const ItemTableView view = table.view();
  std::vector<float> values(view.vectors, view.vectors + view.rows * view.dim);
  values.insert(values.end(), view.biases, view.biases + view.rows);
  return values;
}

TEST(EmbeddingTable, IsEqualHoweverItGrew) {
  const auto at_once = table_of(100, 8);
  auto in_steps = table_of(1, 8);
  for (const std::size_t rows : {2, 50, 30, 100}) in_steps.grow(rows);

  EXPECT_EQ(values_of(at_once), values_of(in_steps));
  EXPECT_EQ(in_steps.rows(), 100U);
}

TEST(EmbeddingTable, StepsByAdagradOnTheSumOfARowsGradients) {
  auto table = table_of(3, 2);
  const float before = table.vector(1)[0];
  const std::array<ItemRow, 3> rows{1, kNoRow, 1};
  const std::array<float, 9> gradients{0.5F, 0, 0.25F, 9, 9, 9, 1.5F, 0, 0.25F};
  const std::array<RowGradients, 1> parts{RowGradients{rows, gradients.data(), 3}};

  for (int step = 0; step < 2; ++step) {
    ASSERT_TRUE(table.sum_gradients(parts));
    table.apply_gradients(0.1F);
  }

  const double moved = 0.1 * 2 / 2 + 0.1 * 2 / std::sqrt(8.0);
  EXPECT_NEAR(table.vector(1)[0], before - moved, 1e-5);
  EXPECT_EQ(table.vector(1)[1], table_of(3, 2).vector(1)[1]);
  EXPECT_NEAR(table.view().biases[1], -0.1 * (1 + 1 / std::sqrt(2.0)), 1e-5);
}

TEST(EmbeddingTable, TouchesOnlyTheRowsOfAStepAndReportsThemOnce) {
  auto table = table_of(10, 2);
  const auto fresh = table_of(10, 2);
  const std::array<ItemRow, 2> rows{4, 4};
  const std::array<float, 4> gradients{1, 1, 1, 1};
  const std::array<RowGradients, 1> parts{RowGradients{rows, gradients.data(), 2}};
  ASSERT_TRUE(table.sum_gradients(parts));
  table.apply_gradients(0.1F);

  NetworkDelta first, second;
  table.take_changes(first);
  table.take_changes(second);

  EXPECT_THAT(first.rows, testing::ElementsAre(4));
  EXPECT_THAT(second.rows, testing::IsEmpty());
  for (ItemRow row = 0; row < 10; ++row) {
    EXPECT_EQ(table.vector(row)[0] == fresh.vector(row)[0], row != 4) << row;
  }
}

TEST(EmbeddingTable, ClipsTheNormOfARowsGradient) {
  auto table = table_of(1, 2);
  const std::array<ItemRow, 1> rows{0};
  const std::array<float, 2> huge{3e6F, 4e6F};
  const std::array<RowGradients, 1> parts{RowGradients{rows, huge.data(), 2}};

  ASSERT_TRUE(table.sum_gradients(parts));
  table.apply_gradients(0.1F);

  EXPECT_NEAR(std::sqrt(table.values().squares[0]), 0.6F * EmbeddingTable::kGradientNormMax, 1e-4);
  EXPECT_NEAR(std::sqrt(table.values().squares[1]), 0.8F * EmbeddingTable::kGradientNormMax, 1e-4);
}

TEST(EmbeddingTable, RefusesGradientsThatAreNotFinite) {
  auto table = table_of(2, 2);
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    const std::array<ItemRow, 2> rows{0, 1};
    const std::array<float, 4> gradients{1, 1, bad, 1};
    const std::array<RowGradients, 1> parts{RowGradients{rows, gradients.data(), 2}};
    EXPECT_FALSE(table.sum_gradients(parts));
  }
  EXPECT_EQ(values_of(table), values_of(table_of(2, 2)));
}

TEST(EmbeddingTable, FollowsByDeltas) {
  auto learner = table_of(5, 3);
  auto replica = table_of(2, 3);
  const std::array<ItemRow, 2> rows{1, 4};
  const std::array<float, 8> gradients{1, 2, 3, 4, 5, 6, 7, 8};
  const std::array<RowGradients, 1> parts{RowGradients{rows, gradients.data(), 4}};
  ASSERT_TRUE(learner.sum_gradients(parts));
  learner.apply_gradients(0.1F);
  NetworkDelta delta;
  learner.take_changes(delta);

  replica.apply(delta);

  EXPECT_EQ(values_of(replica), values_of(learner));
}

}  // namespace
}  // namespace freshet
