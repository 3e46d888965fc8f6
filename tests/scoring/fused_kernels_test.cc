#include "scoring/network/fused_kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <ostream>
#include <random>
#include <string>
#include <vector>

namespace freshet {

void PrintTo(const FusedKernels& kernels, std::ostream* out) { *out << kernels.name; }

namespace {

class Kernels : public testing::TestWithParam<FusedKernels> {
 protected:
  std::vector<float> random_values(std::size_t count) {
    std::vector<float> values(count);
    for (float& value : values) value = std::uniform_real_distribution<float>(-1, 1)(random_);
    return values;
  }

  std::mt19937 random_{4};
};

TEST_P(Kernels, MultiplyAsTheThreeLoopsDo) {
  for (std::size_t rows = 1; rows <= 18; ++rows) {
    for (const std::size_t columns : {16U, 32U, 48U, 112U}) {
      const std::size_t depth = 1 + (rows * 7 + columns) % 33;
      const auto a = random_values(rows * depth), b = random_values(depth * columns);
      const auto before = random_values(rows * columns);
      for (const bool transposed : {false, true}) {
        auto c = before;
        GetParam().multiply({.rows = rows,
                             .depth = depth,
                             .columns = columns,
                             .a = a.data(),
                             .a_row = transposed ? 1 : depth,
                             .a_column = transposed ? rows : 1,
                             .b = b.data(),
                             .b_row = columns,
                             .c = c.data(),
                             .c_row = columns,
                             .add = transposed});
        for (std::size_t i = 0; i < rows * columns; ++i) {
          double sum = transposed ? before[i] : 0;
          for (std::size_t k = 0; k < depth; ++k) {
            const float value = transposed ? a[k * rows + i / columns] : a[i / columns * depth + k];
            sum += double{value} * b[k * columns + i % columns];
          }
          ASSERT_NEAR(c[i], sum, 1e-5) << rows << " x " << depth << " x " << columns;
        }
      }
    }
  }
}

TEST_P(Kernels, Transpose) {
  const auto from = random_values(48 * 80);
  std::vector<float> to(80 * 48);

  GetParam().transpose(from.data(), 48, 80, 80, to.data(), 48);

  for (std::size_t i = 0; i < 48; ++i) {
    for (std::size_t j = 0; j < 80; ++j) ASSERT_EQ(to[j * 48 + i], from[i * 80 + j]);
  }
}

/// One example of 16 columns, all products 0: the shifts are the logits.
struct OneExample {
  float query[16] = {}, target[16] = {}, logits[16] = {}, gradients[16] = {};
  float target_shift = 0, weight = 1, target_gradient = 0;
  ItemRow target_row = 7;
  ItemRow rows[16];
  float shifts[16];

  OneExample() {
    std::fill_n(rows, 16, ~ItemRow{0});
    std::fill_n(shifts, 16, -std::numeric_limits<float>::infinity());
  }

  double loss(const FusedKernels& kernels) {
    return kernels.softmax({.batch = 1,
                            .columns = 16,
                            .dim = 16,
                            .queries = query,
                            .targets = target,
                            .target_shifts = &target_shift,
                            .weights = &weight,
                            .target_rows = &target_row,
                            .negative_rows = rows,
                            .negative_shifts = shifts,
                            .logits = logits,
                            .target_gradients = &target_gradient,
                            .negative_shift_gradients = gradients});
  }
};

TEST_P(Kernels, SoftmaxLeavesOutPaddingAndTheTargetItself) {
  OneExample example;
  example.rows[0] = 3;
  example.shifts[0] = 1.0F;
  example.rows[1] = 7;
  example.shifts[1] = 5.0F;

  const double loss = example.loss(GetParam());

  const double share = std::exp(1.0) / (1 + std::exp(1.0));
  EXPECT_NEAR(loss, -std::log(1 - share), 1e-6);
  EXPECT_NEAR(example.target_gradient, -share, 1e-6);
  EXPECT_NEAR(example.gradients[0], share, 1e-6);
  for (int j = 1; j < 16; ++j) EXPECT_EQ(example.gradients[j], 0) << j;
}

TEST_P(Kernels, SoftmaxOfTheTargetAloneIsCertain) {
  OneExample example;
  EXPECT_EQ(example.loss(GetParam()), 0);
  EXPECT_EQ(example.target_gradient, 0);
}

TEST_P(Kernels, SoftmaxKeepsNan) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    OneExample of_negative, of_target;
    of_negative.rows[0] = 3;
    of_negative.shifts[0] = bad;
    of_target.target_shift = bad;
    EXPECT_TRUE(std::isnan(of_negative.loss(GetParam())));
    EXPECT_TRUE(std::isnan(of_target.loss(GetParam())));
  }
}

TEST_P(Kernels, SoftmaxOfFarLogitsIsFinite) {
  OneExample example;
  example.rows[0] = 3;
  example.shifts[0] = 3e4F;
  EXPECT_NEAR(example.loss(GetParam()), 3e4, 1e-2);
  EXPECT_NEAR(example.target_gradient, -1, 1e-6);
}

INSTANTIATE_TEST_SUITE_P(Variants, Kernels,
                         testing::ValuesIn(supported_fused_kernels().begin(),
                                           supported_fused_kernels().end()),
                         [](const auto& instance) { return std::string(instance.param.name); });

}  // namespace
}  // namespace freshet
