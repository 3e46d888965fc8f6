#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/evaluation/quality_figures.h"

namespace freshet {

/// How one way to rank did over the whole stream.
struct ReportRow {
  std::string name;  ///< For example "second stage", "walk", "frozen per period".
  EvaluatedQuality figures;
  bool baseline = false;  ///< What the first row is compared with, usually popularity.
  double seconds = 0;     ///< It took alone; 0 = not measured alone.
};

/// Quality of one row from the point before up to `events`, an event of the stream.
struct QualityPoint {
  std::uint64_t events = 0;
  RankingFigures at_20;
};

/// Quality of one row over time, oldest first.
struct QualityLine {
  std::string name;  ///< The row's.
  std::vector<QualityPoint> points;
};

/// How a row did in one period; periods and rows in the order in which they first appear.
struct PeriodFigures {
  std::string period;
  std::string row;
  std::uint64_t events = 0;
  RankingFigures at_20;
};

/// Quality when every event is learned `delay` events late.
struct FreshnessPoint {
  std::uint64_t delay = 0;
  std::string name;  ///< For example "a whole period"; empty = the number.
  RankingFigures at_20;
};

/// Quality at one setting of the dial between relevance and diversity.
struct DiversityPoint {
  double dial = 0;
  double ndcg_20 = 0;
  double intra_list_diversity = 0;
};

/// What switching one part off changes; below 0 = the part helps.
struct AblationBar {
  std::string name;
  double recall_20_change = 0;
  double mrr_20_change = 0;
};

/// What a run cost, and what it came to know.
struct CostFigures {
  double learn_us_per_event = 0;  ///< Time in the learner.
  double rank_us_per_event = 0;   ///< Time in ranking, all rows together; the learner not counted.
  std::uint64_t items = 0;
  std::uint64_t users = 0;
  double model_bytes_per_item = 0;  ///< Of the checkpoint, the network not counted.
  double state_bytes_per_user = 0;  ///< As stored.
  double candidate_share = 0;       ///< Share of the newest targets that were candidates at all.
  std::string rows_left_out;        ///< How many, and why the first; empty = none.
};

/// All that an evaluation found. Sections without data are left out of the page. What is text may
/// be any bytes: writers escape it.
struct EvaluationReport {
  std::string title;
  std::string command_line;
  std::vector<std::string> streams;
  std::string protocol;  ///< In words: what was ranked, what counted.
  std::string config;    ///< YAML as used.
  std::string machine;   ///< In words: processor, cores used, compiler.
  std::string version;   ///< Of the program.
  std::uint64_t events = 0;
  double seconds = 0;
  double events_per_second = 0;
  CostFigures cost;
  std::string guard;            ///< In words: how often it stopped the learning, and why.
  std::vector<ReportRow> rows;  ///< The first is the one that the page is about.
  std::vector<QualityLine> quality_over_time;
  std::vector<PeriodFigures> periods;
  std::vector<FreshnessPoint> freshness;
  std::vector<DiversityPoint> diversity;
  std::vector<AblationBar> ablation;
};

/// Writes the report as one JSON object, docs/schemas/evaluation.json, keys in a fixed order.
/// Figures that are not defined are null.
std::string encode_report(const EvaluationReport& report);

/// Writes the figures alone, as they stand in a row of the report.
std::string encode_figures(const EvaluatedQuality& figures);

}  // namespace freshet
