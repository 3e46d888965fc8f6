#pragma once

#include "app/evaluation/report.h"

namespace freshet {

/// Returns a report with every section, of made-up figures.
EvaluationReport sample_evaluation();

}  // namespace freshet
