#pragma once

#include <string>
#include <vector>

#include "config/time.h"

namespace freshet {

/// One figure over time. NaN = was not known.
struct FigureColumn {
  std::string name;
  std::vector<double> values;
};

/// Figures of the past, a row per step, oldest first.
struct FigureColumns {
  std::vector<EventTime> times;  ///< End of each step.
  std::vector<FigureColumn> columns;
};

/// Returns {"time": [...], NAME: [...], ...}, each list as long as `times`; what is not known is
/// null. Thread-safe (no state).
std::string encode_columns(const FigureColumns& figures);

}  // namespace freshet
