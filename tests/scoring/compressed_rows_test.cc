#include "scoring/network/compressed_rows.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace freshet {
namespace {

std::vector<float> random_vector(std::size_t dim, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 0.3F);
  std::vector<float> vector(dim);
  for (float& value : vector) value = normal(random);
  return vector;
}

std::vector<float> stored(TableFormat format, const std::vector<float>& vector) {
  CompressedRows rows(format, vector.size());
  rows.resize(3);
  rows.write(1, vector.data());
  std::vector<float> out(vector.size());
  rows.read(1, 1, out.data());
  return out;
}

TEST(CompressedRows, Bfloat16KeepsEightBitsOfPrecision) {
  const auto vector = random_vector(64, 1);

  const auto back = stored(TableFormat::kBfloat16, vector);

  for (std::size_t k = 0; k < vector.size(); ++k)
    EXPECT_LE(std::abs(back[k] - vector[k]), std::abs(vector[k]) / 256);
}

TEST(CompressedRows, Bfloat16RoundsToNearestEven) {
  // 1 + 2^-8 lies between 1 and 1 + 2^-7: even is 1. 1 + 3 · 2^-8: even is 1 + 2^-6.
  const auto back = stored(TableFormat::kBfloat16, {1 + 1 / 256.F, 1 + 3 / 256.F, -2.5F, 0});

  EXPECT_EQ(back, (std::vector<float>{1, 1 + 1 / 64.F, -2.5F, 0}));
}

TEST(CompressedRows, Int8IsWithinHalfAStepOfTheRowsLargest) {
  const auto vector = random_vector(64, 2);
  float largest = 0;
  for (const float value : vector) largest = std::max(largest, std::abs(value));

  const auto back = stored(TableFormat::kInt8, vector);

  for (std::size_t k = 0; k < vector.size(); ++k)
    EXPECT_LE(std::abs(back[k] - vector[k]), 0.501F * largest / 127);
  EXPECT_EQ(stored(TableFormat::kInt8, {0, 0}), (std::vector<float>{0, 0}));
}

TEST(CompressedRows, NumbersThatAreNotFiniteStaySo) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();

  EXPECT_TRUE(std::isnan(stored(TableFormat::kBfloat16, {1, nan})[1]));
  EXPECT_TRUE(std::isinf(stored(TableFormat::kBfloat16, {1, infinity})[1]));
  EXPECT_TRUE(std::isnan(stored(TableFormat::kInt8, {1, nan})[0]));
  EXPECT_TRUE(std::isnan(stored(TableFormat::kInt8, {1, infinity})[0]));
}

TEST(CompressedRows, ReadsManyRowsAsOneByOne) {
  for (const TableFormat format : {TableFormat::kBfloat16, TableFormat::kInt8}) {
    CompressedRows rows(format, 20);
    rows.resize(10);
    for (unsigned row = 0; row < 10; ++row) rows.write(row, random_vector(20, row).data());
    std::vector<float> all(6 * 20), one(20);

    rows.read(3, 6, all.data());

    for (std::size_t row = 3; row < 9; ++row) {
      rows.read(row, 1, one.data());
      EXPECT_TRUE(
          std::equal(one.begin(), one.end(), all.begin() + static_cast<long>((row - 3) * 20)));
    }
  }
}

TEST(CompressedRows, FormatsAreKnownByTheirNames) {
  EXPECT_EQ(table_format("fp32"), TableFormat::kFloat32);
  EXPECT_EQ(table_format("bf16"), TableFormat::kBfloat16);
  EXPECT_EQ(table_format("int8"), TableFormat::kInt8);
  EXPECT_EQ(CompressedRows(TableFormat::kBfloat16, 64).row_bytes(), 128U);
  EXPECT_EQ(CompressedRows(TableFormat::kInt8, 64).row_bytes(), 68U);
}

}  // namespace
}  // namespace freshet
