#pragma once

#include <string>

#include "app/evaluation/report.h"

namespace freshet {

// Parts of the HTML report, as markup; each is empty when the report has no data for it.

/// The headline: what of 100 next items was in the lists.
std::string lede_section(const EvaluationReport& report);
/// Key figures of the first row, with the baseline's below.
std::string tiles_section(const EvaluationReport& report);
/// Recall@20 and MRR@20 over the stream, a line per row.
std::string time_section(const EvaluationReport& report);
/// Recall@20 and MRR@20 by learning delay.
std::string freshness_section(const EvaluationReport& report);
/// NDCG@20 against intra-list diversity.
std::string diversity_section(const EvaluationReport& report);
/// What switching parts off changes, as bars.
std::string ablation_section(const EvaluationReport& report);
/// All rows: ranking metrics, and what lists are like beyond hits.
std::string rows_section(const EvaluationReport& report);
/// The first row's slices as bars, the baseline's beside.
std::string slices_section(const EvaluationReport& report);
/// What each expert's items brought in the first row.
std::string experts_section(const EvaluationReport& report);
/// A line per period, a pair of columns per row.
std::string periods_section(const EvaluationReport& report);
/// Command, streams, protocol, machine, configuration.
std::string run_section(const EvaluationReport& report);

/// The row that others are compared with, or null.
const ReportRow* baseline_of(const EvaluationReport& report);

}  // namespace freshet
