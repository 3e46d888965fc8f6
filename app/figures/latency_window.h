#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace freshet {

/// Quantiles of the latencies recorded since the last take(), within 5 %. Thread-safe.
class LatencyWindow {
 public:
  struct Quantiles {
    std::uint64_t count = 0;
    std::chrono::nanoseconds p50{0};
    std::chrono::nanoseconds p99{0};
  };

  void record(std::chrono::nanoseconds latency);

  /// Returns the quantiles of the window and starts a new one.
  Quantiles take();

 private:
  // Buckets grow by 2^(1/8): 1 us .. about 70 s.
  static constexpr std::size_t kBuckets = 8 * 26;
  static std::size_t bucket_of(std::chrono::nanoseconds latency);
  static std::chrono::nanoseconds value_of(std::size_t bucket);

  std::array<std::atomic<std::uint64_t>, kBuckets> counts_{};
};

}  // namespace freshet
