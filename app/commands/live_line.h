#pragma once

#include <string>

#include "sinks/status_figures.h"

namespace freshet {

/// Returns the figures of the last second as one line for a terminal.
std::string live_line(const StatusFigures& figures);

/// Returns what a run did, several lines.
std::string summary(const StatusFigures& figures);

}  // namespace freshet
