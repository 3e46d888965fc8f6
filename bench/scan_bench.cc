// The scan of one tile of codes alone, by every instruction set that this processor has: time per
// tile, and multiply-adds per second beside what `vpdpbusd` reaches on registers (top_k_bench). Of
// 0.4 % of the rows each query finds its threshold reached, as in a search of 100,000 rows.
//
//   build/release/bench/scan_bench --core 1

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <random>
#include <vector>

#include "bench/timing.h"
#include "scoring/network/aligned_floats.h"
#include "scoring/topk/scan_kernels.h"

namespace freshet {
namespace {

constexpr double kShareFound = 0.004;

template <class T>
using Aligned = std::vector<T, AlignedAllocator<T>>;

/// Random tiles and queries.
struct Input {
  std::size_t width, lanes, tiles;
  Aligned<std::uint8_t> codes;
  Aligned<std::int8_t> by_lane, by_quad;
  std::vector<std::int32_t> code_sums, thresholds;

  Input(std::size_t code_count, std::size_t lane_count, std::size_t tile_count)
      : width(code_count), lanes(lane_count), tiles(tile_count) {
    std::mt19937 random(1);
    codes.resize(tiles * kScanRows * width);
    for (auto& code : codes) code = static_cast<std::uint8_t>(random());
    by_lane.resize(lanes * width);
    by_quad.resize(lanes * width);
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      std::int32_t sum = 0;
      for (std::size_t d = 0; d < width; ++d) {
        const auto code = static_cast<std::int8_t>(static_cast<int>(random() % 127) - 63);
        sum += code;
        by_lane[lane * width + d] = code;
        by_quad[d / 4 * 4 * lanes + 4 * lane + d % 4] = code;
      }
      code_sums.push_back(128 * sum);
      thresholds.push_back(threshold(lane));
    }
  }

  std::int32_t dot(std::size_t row, std::size_t lane) const {
    std::int32_t sum = 0;
    for (std::size_t d = 0; d < width; ++d)
      sum += (codes[row * width + d] - 128) * by_lane[lane * width + d];
    return sum;
  }

  std::int32_t threshold(std::size_t lane) const {
    std::vector<std::int32_t> dots;
    for (std::size_t row = 0; row < kScanRows; ++row) dots.push_back(dot(row, lane));
    const auto place = static_cast<std::ptrdiff_t>(kShareFound * kScanRows);
    std::nth_element(dots.begin(), dots.begin() + place, dots.end(), std::greater<>());
    return dots[static_cast<std::size_t>(place)];
  }
};

double microseconds_per_tile(const ScanKernels& kernels, const Input& input, ScanHit* hits) {
  constexpr int kRounds = 9;
  constexpr std::size_t kTilesPerRound = 2'000;
  const ScanQueries queries{input.lanes, input.by_quad.data(), input.by_lane.data(),
                            input.code_sums.data(), input.thresholds.data()};
  std::vector<double> rounds;
  for (int round = 0; round < kRounds; ++round) {
    const double seconds = seconds_of([&] {
      for (std::size_t k = 0; k < kTilesPerRound; ++k) {
        const std::size_t at = k % input.tiles * kScanRows * input.width;
        kernels.scan({input.codes.data() + at, kScanRows, input.width}, queries, hits);
      }
    });
    rounds.push_back(1e6 * seconds / kTilesPerRound);
  }
  return median(rounds);
}

void run() {
  const auto hits = std::make_unique<ScanHit[]>(kScanRows * kScanLanes);
  std::printf("| codes a row | users | tiles |");
  for (const ScanKernels& kernels : supported_scan_kernels())
    if (kernels.fast) std::printf(" %s, µs a tile (G/s) |", kernels.name);
  for (const std::size_t width : {64, 68, 128, 132}) {
    for (const std::size_t lanes : {16, 64}) {
      for (const std::size_t tiles : {1, 131}) {
        const Input input(width, lanes, tiles);
        std::printf("\n| %zu | %zu | %zu |", width, lanes, tiles);
        for (const ScanKernels& kernels : supported_scan_kernels()) {
          if (!kernels.fast) continue;
          const double us = microseconds_per_tile(kernels, input, hits.get());
          std::printf(" %.1f (%.0f) |", us,
                      1e-3 * static_cast<double>(kScanRows * lanes * width) / us);
          std::fflush(stdout);
        }
      }
    }
  }
  std::puts("");
}

}  // namespace
}  // namespace freshet

int main(int argc, char** argv) {
  int core = -1;
  CLI::App app("The scan of one tile of codes alone, by every instruction set of this processor.");
  app.add_option("--core", core, "Core to stay on");
  CLI11_PARSE(app, argc, argv);
  freshet::pin_to(core);
  freshet::run();
}
