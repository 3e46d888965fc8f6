#include "scoring/topk/top_k.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "scoring/topk/score_kernels.h"

namespace freshet {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

/// An item table and queries of small whole numbers: every score is exact, and ties abound.
struct Problem {
  std::size_t rows, dim, n;
  std::vector<float> vectors, biases, queries;

  Problem(std::size_t row_count, std::size_t width, std::size_t query_count, unsigned seed)
      : rows(row_count), dim(width), n(query_count) {
    std::mt19937 random(seed);
    const auto fill = [&](std::vector<float>& values, std::size_t size) {
      values.resize(size);
      for (float& value : values) value = static_cast<float>(static_cast<int>(random() % 9) - 4);
    };
    fill(vectors, rows * dim);
    fill(biases, rows);
    fill(queries, n * dim);
  }

  ItemTableView table() const { return {vectors.data(), biases.data(), rows, dim}; }

  double score(std::size_t query, std::size_t row) const {
    double sum = biases[row];
    for (std::size_t d = 0; d < dim; ++d) {
      sum += static_cast<double>(queries[query * dim + d]) * vectors[row * dim + d];
    }
    return sum;
  }
};

bool is_set(std::span<const std::uint64_t> bitmap, std::size_t row) {
  return !bitmap.empty() && ((bitmap[row / 64] >> (row % 64)) & 1) != 0;
}

std::vector<ScoredRow> sorted_by_brute_force(const Problem& problem, std::size_t query,
                                             std::size_t k,
                                             std::span<const std::uint64_t> excluded) {
  std::vector<ScoredRow> all;
  for (std::size_t row = 0; row < problem.rows; ++row) {
    const auto score = static_cast<float>(problem.score(query, row));
    if (!is_set(excluded, row) && !std::isnan(score)) {
      all.push_back({static_cast<ItemRow>(row), score});
    }
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const ScoredRow& a, const ScoredRow& b) { return a.score > b.score; });
  all.resize(std::min(k, all.size()));
  return all;
}

TEST(TopK, CompressedTableIsScannedAsItsDecodedNumbers) {
  for (const TableFormat format : {TableFormat::kBfloat16, TableFormat::kInt8}) {
    for (const std::size_t rows : {1, 31, 32, 100}) {
      const Problem problem(rows, 20, 35, 5);
      CompressedRows compressed(format, problem.dim);
      compressed.resize(rows);
      for (std::size_t row = 0; row < rows; ++row)
        compressed.write(row, problem.vectors.data() + row * problem.dim);
      std::vector<float> decoded(rows * problem.dim);
      compressed.read(0, rows, decoded.data());
      const ItemTableView table{nullptr, problem.biases.data(), rows, problem.dim, &compressed};
      const ItemTableView expected{decoded.data(), problem.biases.data(), rows, problem.dim};
      std::vector<float> log_sums, expected_log_sums;

      EXPECT_EQ(top_k(table, problem.queries, 7, {}, &log_sums),
                top_k(expected, problem.queries, 7, {}, &expected_log_sums));
      EXPECT_EQ(log_sums, expected_log_sums);
    }
  }
}

TEST(TopK, EqualsBruteForceOnRandomShapes) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 40; ++round) {
    const Problem problem(1 + random() % 700, 1 + random() % 70, 1 + random() % 70, random());
    const std::size_t k = 1 + random() % 60;
    std::vector<std::uint64_t> excluded((problem.rows + 63) / 64);
    for (auto& word : excluded) word = (std::uint64_t{random()} << 32 | random()) & random();
    if (round % 3 == 0) excluded.clear();

    const auto best = top_k(problem.table(), problem.queries, k, excluded, nullptr);

    ASSERT_EQ(best.size(), problem.n);
    for (std::size_t query = 0; query < problem.n; ++query) {
      ASSERT_EQ(best[query], sorted_by_brute_force(problem, query, k, excluded))
          << "rows " << problem.rows << " dim " << problem.dim << " query " << query;
    }
  }
}

TEST(TopK, BreaksTiesBySmallerRow) {
  Problem problem(500, 4, 1, 1);
  std::fill(problem.vectors.begin(), problem.vectors.end(), 1.0F);
  std::fill(problem.biases.begin(), problem.biases.end(), 0.0F);

  const auto best = top_k(problem.table(), problem.queries, 5, {}, nullptr);

  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(best[0][i].row, i);
}

TEST(TopK, GivesAllRowsWhenThereAreFewerThanK) {
  const Problem problem(7, 3, 2, 2);

  const auto best = top_k(problem.table(), problem.queries, 100, {}, nullptr);

  EXPECT_EQ(best[0], sorted_by_brute_force(problem, 0, 7, {}));
  EXPECT_EQ(best[1].size(), 7U);
}

TEST(TopK, LeavesOutNanScoresAndGoesOn) {
  Problem problem(100, 8, 2, 3);
  problem.vectors[5 * 8] = kNan;
  problem.biases[70] = kNan;
  std::fill_n(problem.queries.begin() + 8, 8, kNan);
  std::vector<float> log_sums;

  const auto best = top_k(problem.table(), problem.queries, 200, {}, &log_sums);

  EXPECT_EQ(best[0], sorted_by_brute_force(problem, 0, 200, {}));
  EXPECT_EQ(best[0].size(), 98U);
  EXPECT_TRUE(std::isfinite(log_sums[0]));
  EXPECT_THAT(best[1], testing::IsEmpty());
  EXPECT_EQ(log_sums[1], -std::numeric_limits<float>::infinity());
}

TEST(TopK, LogSumExpEqualsDoubleReferenceOverRowsNotLeftOut) {
  Problem problem(5'000, 16, 3, 4);
  std::vector<std::uint64_t> excluded((problem.rows + 63) / 64, 0x5);
  for (float& value : problem.queries) value *= 0.3F;
  std::vector<float> log_sums;

  top_k(problem.table(), problem.queries, 10, excluded, &log_sums);

  ASSERT_EQ(log_sums.size(), 3U);
  for (std::size_t query = 0; query < 3; ++query) {
    double sum = 0;
    for (std::size_t row = 0; row < problem.rows; ++row) {
      if (!is_set(excluded, row)) sum += std::exp(problem.score(query, row));
    }
    EXPECT_NEAR(log_sums[query], std::log(sum), 1e-5 * std::abs(std::log(sum)));
  }
}

TEST(TopK, LogSumExpSurvivesScoresThatOverflowExp) {
  Problem problem(64, 1, 1, 5);
  std::fill(problem.biases.begin(), problem.biases.end(), 0.0F);
  std::fill(problem.vectors.begin(), problem.vectors.end(), -900.0F);
  problem.vectors[40] = 900.0F;
  problem.vectors[41] = 900.0F;
  problem.queries[0] = 1.0F;
  std::vector<float> log_sums;

  top_k(problem.table(), problem.queries, 1, {}, &log_sums);

  EXPECT_NEAR(log_sums[0], 900.0 + std::log(2.0), 1e-3);
}

TEST(TopK, GivesEmptyListsForKZeroAndNothingForNoQueries) {
  const Problem problem(300, 2, 1, 6);

  EXPECT_THAT(top_k(problem.table(), problem.queries, 0, {}, nullptr)[0], testing::IsEmpty());
  EXPECT_THAT(top_k(problem.table(), {}, 3, {}, nullptr), testing::IsEmpty());
}

TEST(TopKKernels, EveryVariantOfThisProcessorScoresAlike) {
  const Problem problem(kTileRows, 33, kTileLanes, 7);
  std::vector<float> transposed(problem.dim * kTileLanes);
  for (std::size_t d = 0; d < problem.dim; ++d) {
    for (std::size_t lane = 0; lane < kTileLanes; ++lane) {
      transposed[d * kTileLanes + lane] = problem.queries[lane * problem.dim + d];
    }
  }
  for (const ScoreKernels& kernels : supported_score_kernels()) {
    SCOPED_TRACE(kernels.name);
    std::vector<float> tile(kTileRows * kTileLanes), maxima(kTileLanes), sums(kTileLanes);
    for (const std::size_t lanes : {std::size_t{1}, std::size_t{17}, kTileLanes}) {
      kernels.score(problem.vectors.data(), problem.biases.data(), transposed.data(), problem.dim,
                    lanes, tile.data());
      for (std::size_t i = 0; i < kTileRows * lanes; ++i) {
        const std::size_t row = i / lanes, lane = i % lanes;
        ASSERT_EQ(tile[row * kTileLanes + lane], problem.score(lane, row));
      }
    }
    tile[3] = kNan;
    kernels.reduce(tile.data(), maxima.data());
    kernels.exp_sum(tile.data(), maxima.data(), sums.data());
    for (std::size_t lane = 0; lane < kTileLanes; ++lane) {
      double sum = 0;
      for (std::size_t row = 0; row < kTileRows; ++row) {
        sum += std::exp(static_cast<double>(tile[row * kTileLanes + lane]) - maxima[lane]);
      }
      EXPECT_NEAR(sums[lane], sum, 1e-6 * sum);
    }
  }
}

}  // namespace
}  // namespace freshet
