#pragma once

#include <string>

#include "app/evaluation/report.h"

namespace freshet {

/// Writes the report as one HTML page that needs nothing from outside: style, script and plots are
/// in it. All text of the report is escaped.
std::string encode_html_report(const EvaluationReport& report);

}  // namespace freshet
