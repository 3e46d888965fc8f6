#pragma once

#include <string>

#include "app/evaluation/poison.h"
#include "app/evaluation/report.h"

namespace freshet {

/// What the spoiled stream did to the lists, as text: quality before, during and after, of every
/// line of `report.quality_over_time`, and how many events after the end each line came back to
/// where the unspoiled run was.
std::string poison_table(const PoisonOptions& poison, const EvaluationReport& report);

}  // namespace freshet
