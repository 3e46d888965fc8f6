#include "app/figures/latency_window.h"

#include <gtest/gtest.h>

namespace freshet {
namespace {

using namespace std::chrono_literals;

TEST(LatencyWindow, GivesQuantilesWithinFivePercent) {
  LatencyWindow window;
  for (int i = 1; i <= 1'000; ++i) window.record(i * 100us);

  const LatencyWindow::Quantiles quantiles = window.take();
  EXPECT_EQ(quantiles.count, 1'000u);
  EXPECT_NEAR(static_cast<double>(quantiles.p50.count()), 50e6, 2.5e6);
  EXPECT_NEAR(static_cast<double>(quantiles.p99.count()), 99e6, 5e6);
}

TEST(LatencyWindow, StartsANewWindowWithEachTake) {
  LatencyWindow window;
  window.record(1s);
  window.take();

  EXPECT_EQ(window.take().count, 0u);
}

TEST(LatencyWindow, KeepsLatenciesBeyondItsRange) {
  LatencyWindow window;
  window.record(-5ns);
  window.record(1h);

  EXPECT_EQ(window.take().count, 2u);
}

}  // namespace
}  // namespace freshet
