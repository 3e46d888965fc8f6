// The scan by LibTorch, on the CPU and, where there is one, on a CUDA device, beside the float32
// scan of our own.
#include "scoring/network/torch_scan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <limits>
#include <random>

#include "scoring/network/torch_network.h"
#include "scoring/topk/top_k.h"

namespace freshet {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

constexpr std::size_t kDim = 16, kQueries = 5;

/// A table that changes, and queries.
struct World {
  std::mt19937 random;
  std::vector<float> vectors, biases, queries;
  RowStamps stamps;

  World(std::size_t rows, unsigned seed) : random(seed), queries(kQueries * kDim) {
    std::printf("seed %u\n", seed);
    for (float& value : queries) value = normal();
    stamps.advance();
    grow(rows);
  }

  float normal() { return std::normal_distribution<float>()(random); }
  std::size_t rows() const { return biases.size(); }

  void set(std::size_t row) {
    for (std::size_t d = 0; d < kDim; ++d) vectors[row * kDim + d] = normal();
    biases[row] = normal();
    stamps.mark(row);
  }
  void grow(std::size_t count) {
    const std::size_t before = rows();
    vectors.resize((before + count) * kDim);
    biases.resize(before + count);
    stamps.resize(before + count);
    stamps.advance();
    for (std::size_t row = before; row < rows(); ++row) set(row);
  }
  void change(std::size_t count) {
    stamps.advance();
    for (std::size_t k = 0; k < count; ++k) set(random() % rows());
  }

  ItemTableView table() const {
    return {.vectors = vectors.data(),
            .biases = biases.data(),
            .rows = rows(),
            .dim = kDim,
            .stamps = &stamps};
  }
};

struct Way {
  const char* name;
  TorchScanOptions options;

  friend void PrintTo(const Way& way, std::ostream* out) { *out << way.name; }
};

class TorchScanTest : public testing::TestWithParam<Way> {
 protected:
  void SetUp() override {
    if (GetParam().options.cuda && !torch_has_cuda()) GTEST_SKIP() << "no CUDA device here";
    scan_ = make_torch_scan(GetParam().options);
  }

  /// The scan finds what our own finds.
  void expect_equal(const World& world, std::size_t k,
                    std::span<const std::uint64_t> excluded = {}) {
    ASSERT_TRUE(scan_->follow(world.table()));
    const auto found = scan_->search(world.queries, k, excluded);
    ASSERT_TRUE(found) << found.error().text;
    std::vector<float> log_sums;
    const auto expected = top_k(world.table(), world.queries, k, excluded, &log_sums);
    ASSERT_THAT(found->best, SizeIs(kQueries));
    for (std::size_t query = 0; query < kQueries; ++query) {
      ASSERT_THAT(found->best[query], SizeIs(expected[query].size()));
      for (std::size_t i = 0; i < expected[query].size(); ++i) {
        EXPECT_EQ(found->best[query][i].row, expected[query][i].row) << "place " << i;
        EXPECT_NEAR(found->best[query][i].score, expected[query][i].score, 1e-4);
      }
      EXPECT_NEAR(found->log_sum_exp[query], log_sums[query],
                  GetParam().options.coarse ? 0.02 : 1e-3);
    }
  }

  std::unique_ptr<DeviceScan> scan_;
  World world_{1'000, std::random_device{}()};
};

TEST_P(TorchScanTest, FindsTheBestRows) {
  for (const std::size_t k : {1, 20, 100}) expect_equal(world_, k);
}

TEST_P(TorchScanTest, FollowsRowsThatChangeAndComeAndATableThatShrinks) {
  expect_equal(world_, 20);
  world_.change(50);
  expect_equal(world_, 20);
  for (const std::size_t count : {1, 31, 2'000}) {
    world_.grow(count);
    world_.change(3);
    expect_equal(world_, 20);
  }
  const World smaller(77, std::random_device{}());
  expect_equal(smaller, 20);
}

TEST_P(TorchScanTest, LeavesExcludedRowsOutAndTakesThemBack) {
  std::vector<std::uint64_t> excluded((world_.rows() + 63) / 64);
  for (auto& word : excluded) word = (std::uint64_t{world_.random()} << 32) | world_.random();
  expect_equal(world_, 50, excluded);
  excluded[3] = 0;
  expect_equal(world_, 50, excluded);
  world_.change(20);
  expect_equal(world_, 50, excluded);
  expect_equal(world_, 50);
}

TEST_P(TorchScanTest, RowsThatAreNotFiniteHaveNoScore) {
  world_.stamps.advance();
  world_.vectors[7 * kDim] = std::numeric_limits<float>::quiet_NaN();
  world_.vectors[8 * kDim] = std::numeric_limits<float>::infinity();
  world_.stamps.mark(7);
  world_.stamps.mark(8);
  ASSERT_TRUE(scan_->follow(world_.table()));
  const auto found = scan_->search(world_.queries, world_.rows(), {});
  ASSERT_TRUE(found);
  for (std::size_t query = 0; query < kQueries; ++query) {
    EXPECT_THAT(found->best[query], SizeIs(world_.rows() - 2));
    EXPECT_TRUE(std::isfinite(found->log_sum_exp[query]));
  }
}

TEST_P(TorchScanTest, AnEmptyTableHasNoBestRows) {
  const World empty(0, 1);
  ASSERT_TRUE(scan_->follow(empty.table()));
  const auto found = scan_->search(empty.queries, 10, {});
  ASSERT_TRUE(found);
  EXPECT_THAT(found->best, testing::Each(IsEmpty()));
}

// Few scores at a time, so that chunks are many.
INSTANTIATE_TEST_SUITE_P(Ways, TorchScanTest,
                         testing::Values(Way{"cpu", {.scores_max = 500}},
                                         Way{"cpu_coarse", {.coarse = true, .scores_max = 500}},
                                         Way{"cuda", {.cuda = true}},
                                         Way{"cuda_coarse", {.cuda = true, .coarse = true}}),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace freshet
