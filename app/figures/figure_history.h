#pragma once

#include <chrono>
#include <deque>
#include <vector>

#include "sinks/figure_columns.h"
#include "sinks/status_figures.h"

namespace freshet {

/// Figures of the past: each second's for ten minutes, each ten seconds' for two hours. Confined to
/// one thread.
class FigureHistory {
 public:
  static constexpr std::size_t kSeconds = 600;
  static constexpr std::size_t kTens = 720;

  /// Takes the figures of the second that ended at `now`.
  void add(const StatusFigures& figures, EventTime now);

  /// The rows of the last `back`: a row per second up to ten minutes back, beyond a row per ten.
  FigureColumns rows(std::chrono::seconds back) const;

 private:
  struct Row {
    EventTime time;
    std::vector<double> values;  // As columns_.
  };

  void end_ten(EventTime now);

  std::vector<std::string> columns_;
  std::deque<Row> seconds_;  // Oldest first.
  std::deque<Row> tens_;
  std::vector<Row> ten_;  // The seconds of the step that is not full yet.
};

}  // namespace freshet
