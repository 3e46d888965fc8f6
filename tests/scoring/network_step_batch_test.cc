#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "scoring/network/step_batch.h"

namespace freshet {
namespace {

using testing::Each;
using testing::ElementsAre;

TEST(StepBatch, AlignsNewestStepsToTheRight) {
  const Sequence longer{.steps = {{1, 0, 3}, {2, 1, 4}, {3, 2, 5}}, .conditions = {20, 7}};
  const Sequence shorter{.steps = {{4, 5, 6}}, .conditions = {9}};
  const std::array sequences{&longer, &shorter};

  const auto batch = make_step_batch(sequences, 2, 10);

  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->length, 2U);
  EXPECT_THAT(batch->items, ElementsAre(2, 3, kNoRow, 4));
  EXPECT_THAT(batch->actions, ElementsAre(1, 2, kNoRow, 5));
  EXPECT_THAT(batch->gaps, ElementsAre(20, 21, kNoRow, 22));
  EXPECT_THAT(batch->positions, ElementsAre(41, 40, kNoRow, 40));
  ASSERT_EQ(batch->conditions.size(), 2U);
  EXPECT_THAT(batch->conditions[0], ElementsAre(kNoRow, 20, kNoRow, 9));
  EXPECT_THAT(batch->conditions[1], ElementsAre(kNoRow, 7, kNoRow, kNoRow));
}

TEST(StepBatch, FoldsUnknownActionsAndGapsIntoTheLastRow) {
  const Sequence sequence{.steps = {{0, 255, 255}}};
  const std::array sequences{&sequence};

  const auto batch = make_step_batch(sequences, 5, 1);

  EXPECT_THAT(batch->actions, ElementsAre(kActionRows - 1));
  EXPECT_THAT(batch->gaps, ElementsAre(kActionRows + kGapBuckets - 1));
}

TEST(StepBatch, RefusesEmptySequencesAndRowsBeyondTheTable) {
  const Sequence empty, beyond{.steps = {{10, 0, 0}}};
  const Sequence condition_beyond{.steps = {{1, 0, 0}}, .conditions = {kConditionRows}};

  EXPECT_FALSE(make_step_batch(std::array{&empty}, 5, 10));
  EXPECT_FALSE(make_step_batch(std::array{&beyond}, 5, 10));
  EXPECT_FALSE(make_step_batch(std::array{&condition_beyond}, 5, 10));
}

TEST(StepBatch, EmbedsAStepAsASumAndPaddingAsZero) {
  EmbeddingTable items({.dim = 2, .seed = 1}), context({.dim = 2, .seed = 2});
  items.grow(5);
  context.grow(context_rows(3));
  EmbeddingTable conditions({.dim = 2, .seed = 3});
  conditions.grow(kConditionRows);
  const Sequence longer{.steps = {{1, 0, 3}, {2, 1, 4}}, .conditions = {11, 5}};
  const Sequence shorter{.steps = {{4, 5, 6}}};
  const auto batch = make_step_batch(std::array{&longer, &shorter}, 3, 5);
  std::vector<float> steps(8, 7.0F), mask(4, 7.0F);

  embed_steps(*batch, {items, context, conditions}, steps.data());
  padding_mask(*batch, mask.data());

  EXPECT_FLOAT_EQ(steps[0], items.vector(1)[0] + context.vector(0)[0] + context.vector(19)[0] +
                                context.vector(41)[0]);
  EXPECT_FLOAT_EQ(steps[2], items.vector(2)[0] + context.vector(1)[0] + context.vector(20)[0] +
                                context.vector(40)[0] + conditions.vector(11)[0] +
                                conditions.vector(5)[0]);
  EXPECT_THAT(std::vector(steps.begin() + 4, steps.begin() + 6), Each(0.0F));
  EXPECT_THAT(mask, ElementsAre(0, 0, -std::numeric_limits<float>::infinity(), 0));
}

}  // namespace
}  // namespace freshet
