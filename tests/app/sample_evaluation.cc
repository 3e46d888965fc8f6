#include "tests/app/sample_evaluation.h"

#include <algorithm>
#include <cmath>

namespace freshet {
namespace {

RankingFigures ranking(double recall, double mrr, double k) {
  return {recall, recall, recall / k, 2 * recall / (k + 1), mrr, (recall + mrr) / 2};
}

EvaluatedQuality figures(double recall, double mrr) {
  EvaluatedQuality figures;
  figures.events = 687'114;
  figures.at = {CutOffFigures{5, ranking(recall * .55, mrr * .86, 5), .2 + recall * .37},
                CutOffFigures{10, ranking(recall * .78, mrr * .95, 10), .25 + recall * .5},
                CutOffFigures{20, ranking(recall, mrr, 20), .3 + recall * .68}};
  figures.auc = .5 + recall / 2;
  figures.log_loss = 9 - 8 * recall;
  figures.calibration_error = .02 - recall / 50;
  figures.gini = .9 - recall / 5;
  figures.novelty = 9 + 8 * recall;
  figures.intra_list_diversity = .95 - recall / 2;
  figures.serendipity = recall / 40;
  figures.surprise = recall / 2;
  const auto slice = [&](const char* group, const char* name, std::uint64_t events, double part) {
    figures.slices.push_back({group, name, events, ranking(recall * part, mrr * part, 20)});
  };
  slice("target item", "cold: under 5 events", 20'540, .21);
  slice("target item", "of these never seen", 8'112, 0);
  slice("target item", "of these 1-4 events", 12'428, .35);
  slice("target item", "5 events or more", 666'574, 1.03);
  slice("session length", "1", 204'789, .97);
  slice("session length", "2", 151'300, 1.04);
  slice("session length", "3", 99'120, 1.06);
  slice("session length", "4-5", 110'005, 1.02);
  slice("session length", "6-9", 80'400, .96);
  slice("session length", "10 or more", 41'500, .86);
  figures.sources = {{Source::kPopular, .018, .004, .0061},
                     {Source::kCovisitation, .308, .352, .0325},
                     {Source::kWalk, .551, .448, .0232},
                     {Source::kRepeat, .123, .196, .0455}};
  return figures;
}

struct SampleRow {
  const char* name;
  double recall;
  double mrr;
};
constexpr SampleRow kRows[] = {{"second stage", .5712, .2106},
                               {"mixture", .5469, .1906},
                               {"walk", .5241, .1749},
                               {"co-visitation", .3922, .1546},
                               {"popularity", .0152, .0032}};

QualityLine line(const SampleRow& row) {
  QualityLine line{row.name, {}};
  for (std::uint64_t i = 1; i <= 48; ++i) {
    const double wave = 1 - .5 * std::exp(-static_cast<double>(i) / 5) +
                        .02 * std::sin(static_cast<double>(i) * 1.7 + row.recall * 9);
    line.points.push_back({i * 20'000, ranking(row.recall * wave, row.mrr * wave, 20)});
  }
  return line;
}

}  // namespace

EvaluationReport sample_evaluation() {
  EvaluationReport report;
  report.title = "DIGINETICA, period by period";
  report.command_line =
      "freshet evaluate periods/*.txt --format session-item --protocol periods --html report.html";
  report.streams = {"period_00.txt", "period_01.txt", "period_02.txt"};
  report.protocol =
      "Every event ranked before it is learned; judged on items seen before its "
      "period, sessions of two events or more.";
  report.config = "scoring:\n  list_size: 20\n  covisitation:\n    window: 10\n";
  report.machine = "2 cores, made-up figures";
  report.version = "0.1.0";
  report.events = 993'483;
  report.seconds = 93.4;
  report.events_per_second = 10'636;
  for (const SampleRow& row : kRows) {
    report.rows.push_back({row.name, figures(row.recall, row.mrr)});
    report.quality_over_time.push_back(line(row));
    for (const int period : {1, 2, 3}) {
      const double part = .98 + .01 * period;
      report.periods.push_back({"period " + std::to_string(period), row.name, 40'000,
                                ranking(row.recall * part, row.mrr * part, 20)});
    }
  }
  report.rows.back().baseline = true;
  report.freshness = {{0, "", ranking(.5712, .2106, 20)},
                      {100, "", ranking(.5708, .2101, 20)},
                      {1'000, "", ranking(.5689, .2092, 20)},
                      {10'000, "", ranking(.5601, .2050, 20)},
                      {62'000, "a whole period", ranking(.5402, .1961, 20)}};
  report.diversity = {{0, .2961, .412},  {.1, .2958, .436}, {.2, .2949, .468},
                      {.3, .2927, .503}, {.5, .2841, .571}, {.7, .2622, .648}};
  report.ablation = {{"second stage", -.0243, -.0200},
                     {"walk", -.0350, -.0121},
                     {"co-visitation", -.0062, -.0048},
                     {"repeat", -.0011, -.0019},
                     {"popularity", -.0008, .0002}};
  return report;
}

}  // namespace freshet
