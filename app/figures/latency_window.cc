#include "app/figures/latency_window.h"

#include <algorithm>
#include <cmath>

namespace freshet {
namespace {

constexpr double kBucketsPerOctave = 8;
constexpr double kSmallestNs = 1'000;

}  // namespace

void LatencyWindow::record(std::chrono::nanoseconds latency) {
  counts_[bucket_of(latency)].fetch_add(1, std::memory_order_relaxed);
}

LatencyWindow::Quantiles LatencyWindow::take() {
  std::array<std::uint64_t, kBuckets> counts;
  Quantiles result;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    counts[i] = counts_[i].exchange(0, std::memory_order_relaxed);
    result.count += counts[i];
  }
  const auto quantile = [&](double q) {
    auto rank = static_cast<std::uint64_t>(q * static_cast<double>(result.count));
    for (std::size_t i = 0; i < kBuckets; ++i) {
      if (counts[i] > rank) return value_of(i);
      rank -= counts[i];
    }
    return std::chrono::nanoseconds{0};
  };
  result.p50 = quantile(0.50);
  result.p99 = quantile(0.99);
  return result;
}

std::size_t LatencyWindow::bucket_of(std::chrono::nanoseconds latency) {
  const double ratio = static_cast<double>(latency.count()) / kSmallestNs;
  if (ratio <= 1) return 0;
  const auto bucket = static_cast<std::size_t>(std::log2(ratio) * kBucketsPerOctave);
  return std::min(bucket, kBuckets - 1);
}

std::chrono::nanoseconds LatencyWindow::value_of(std::size_t bucket) {
  const double middle = (static_cast<double>(bucket) + 0.5) / kBucketsPerOctave;
  return std::chrono::nanoseconds(static_cast<std::int64_t>(kSmallestNs * std::exp2(middle)));
}

}  // namespace freshet
