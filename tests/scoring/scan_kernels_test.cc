#include "scoring/topk/scan_kernels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace freshet {
namespace {

constexpr std::int32_t kNever = 1 << 30;

/// Codes and queries of any bytes, or of the two extremes alone.
struct ScanProblem {
  std::size_t rows, width, lanes;
  std::vector<std::uint8_t> codes;
  std::vector<std::int8_t> by_lane, by_quad;
  std::vector<std::int32_t> sums, thresholds;

  ScanProblem(std::size_t row_count, std::size_t code_count, std::size_t lane_count, int code_max,
              bool extreme, std::mt19937& random)
      : rows(row_count), width(code_count), lanes(lane_count) {
    const auto pick = [&](int least, int most) {
      if (extreme) return random() % 8 != 0 ? most : least;
      return std::uniform_int_distribution<int>(least, most)(random);
    };
    codes.resize(kScanRows * width);
    for (auto& code : codes) code = static_cast<std::uint8_t>(pick(0, 255));
    by_lane.resize(lanes * width);
    for (auto& code : by_lane) code = static_cast<std::int8_t>(pick(-code_max, code_max));
    by_quad.resize(by_lane.size());
    for (std::size_t i = 0; i < by_lane.size(); ++i) {
      const std::size_t lane = i / width, d = i % width;
      by_quad[d / 4 * 4 * lanes + 4 * lane + d % 4] = by_lane[i];
    }
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      std::int32_t sum = 0;
      for (std::size_t d = 0; d < width; ++d) sum += by_lane[lane * width + d];
      sums.push_back(128 * sum);
      // Just what some row reaches, or nothing does, or all do.
      const auto some = dot(random() % rows, lane) + static_cast<std::int32_t>(random() % 2);
      thresholds.push_back(lane % 5 == 4 ? kNever : lane % 7 == 6 ? -kNever : some);
    }
  }

  std::int32_t dot(std::size_t row, std::size_t lane) const {
    std::int32_t sum = 0;
    for (std::size_t d = 0; d < width; ++d)
      sum += (codes[row * width + d] - 128) * by_lane[lane * width + d];
    return sum;
  }

  std::vector<ScanHit> expected() const {
    std::vector<ScanHit> hits;
    for (std::size_t row = 0; row < rows; ++row)
      for (std::size_t lane = 0; lane < lanes; ++lane)
        if (dot(row, lane) >= thresholds[lane])
          hits.push_back(
              {static_cast<std::uint16_t>(row), static_cast<std::uint16_t>(lane), dot(row, lane)});
    return hits;
  }

  std::vector<ScanHit> found_by(const ScanKernels& kernels) const {
    std::vector<ScanHit> hits(kScanRows * lanes);
    const ScanQueries queries{lanes, by_quad.data(), by_lane.data(), sums.data(),
                              thresholds.data()};
    hits.resize(kernels.scan({codes.data(), rows, width}, queries, hits.data()));
    std::sort(hits.begin(), hits.end(), [](const ScanHit& a, const ScanHit& b) {
      return a.row != b.row ? a.row < b.row : a.lane < b.lane;
    });
    return hits;
  }
};

class ScanKernelsTest : public testing::TestWithParam<std::string> {};

TEST_P(ScanKernelsTest, FindsWhatReachesItsThresholdAndNothingElse) {
  const auto known = supported_scan_kernels();
  const auto kernels = std::find_if(known.begin(), known.end(),
                                    [](const ScanKernels& k) { return k.name == GetParam(); });
  if (kernels == known.end()) GTEST_SKIP() << "this processor cannot run " << GetParam();
  const unsigned seed = std::random_device{}();
  std::printf("seed %u\n", seed);
  std::mt19937 random(seed);
  for (const std::size_t width : {4, 20, 64, 68, 72, 100, 128, 132, 260}) {
    for (const std::size_t lanes : {16, 32, 64}) {
      for (const std::size_t rows :
           {std::size_t{1}, std::size_t{23}, std::size_t{100}, kScanRows}) {
        const bool extreme = random() % 2 == 0;
        const ScanProblem problem(rows, width, lanes, kernels->query_code_max, extreme, random);
        ASSERT_TRUE(problem.found_by(*kernels) == problem.expected())
            << "width " << width << " lanes " << lanes << " rows " << rows << " seed " << seed;
      }
    }
  }
}

std::vector<std::string> built_names() {
  std::vector<std::string> names;
  for (const BuiltScanKernels& built : built_scan_kernels()) names.emplace_back(built.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Built, ScanKernelsTest, testing::ValuesIn(built_names()),
                         [](const auto& test) { return test.param; });

TEST(ScanKernels, ScalarIsAlwaysThere) {
  EXPECT_STREQ(supported_scan_kernels().front().name, "scalar");
}

}  // namespace
}  // namespace freshet
