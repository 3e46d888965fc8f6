#include "app/figures/figure_history.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace freshet {
namespace {

using namespace std::chrono_literals;

StatusFigures figures_of(double events_per_second) {
  StatusFigures figures;
  figures.events_per_second = events_per_second;
  figures.event_to_list_p99 = StatusFigures::Milliseconds(events_per_second);
  figures.dead_letters_total = static_cast<std::uint64_t>(events_per_second);
  figures.lag = {{PartitionId{0}, Offset{0}, 3}, {PartitionId{1}, Offset{0}, 4}};
  figures.mixture_weights = {{"walk", 0.25}};
  return figures;
}

/// A history of `seconds` seconds, the n-th (from 1) with n events.
FigureHistory history_of(int seconds) {
  FigureHistory history;
  for (int n = 1; n <= seconds; ++n) history.add(figures_of(n), EventTime(n * 1s));
  return history;
}

const std::vector<double>& column(const FigureColumns& figures, const std::string& name) {
  static const std::vector<double> none;
  const auto found = std::find_if(figures.columns.begin(), figures.columns.end(),
                                  [&](const auto& at) { return at.name == name; });
  return found == figures.columns.end() ? none : found->values;
}

TEST(FigureHistory, GivesTheNewestSecondsOldestFirst) {
  const auto figures = history_of(700).rows(3s);
  EXPECT_EQ(figures.times,
            (std::vector<EventTime>{EventTime(698s), EventTime(699s), EventTime(700s)}));
  EXPECT_EQ(column(figures, "events_per_second"), (std::vector<double>{698, 699, 700}));
  EXPECT_EQ(column(figures, "lag_records"), (std::vector<double>{7, 7, 7}));
  EXPECT_EQ(column(figures, "weight_walk"), (std::vector<double>{0.25, 0.25, 0.25}));
  EXPECT_EQ(history_of(700).rows(600s).times.size(), 600U);
}

TEST(FigureHistory, SumsTenSecondsUpBeyondTenMinutes) {
  const auto figures = history_of(10'005).rows(7200s);
  ASSERT_EQ(figures.times.size(), 720U);
  EXPECT_EQ(figures.times.back(), EventTime(10'000s)) << "a step that is not full is left out";
  EXPECT_EQ(column(figures, "events_per_second").back(), 9'995.5) << "the mean";
  EXPECT_EQ(column(figures, "event_to_list_p99_ms").back(), 10'000) << "the largest";
  EXPECT_EQ(column(figures, "dead_letters_total").back(), 10'000) << "the last";
}

TEST(FigureHistory, KnowsATenOnlyByWhatWasKnown) {
  FigureHistory history;
  for (int n = 1; n <= 20; ++n) {
    StatusFigures figures = figures_of(n);
    figures.loss = n == 4 ? 2.5 : std::numeric_limits<double>::quiet_NaN();
    history.add(figures, EventTime(n * 1s));
  }
  const auto figures = history.rows(3'600s);
  ASSERT_EQ(column(figures, "loss").size(), 2U);
  EXPECT_EQ(column(figures, "loss")[0], 2.5);
  EXPECT_TRUE(std::isnan(column(figures, "loss")[1]));
}

TEST(FigureHistory, HasColumnsOfEqualLength) {
  for (const auto& figures : {history_of(0).rows(60s), history_of(25).rows(60s)})
    for (const auto& each : figures.columns)
      EXPECT_EQ(each.values.size(), figures.times.size()) << each.name;
}

}  // namespace
}  // namespace freshet
