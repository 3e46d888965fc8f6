#include "app/evaluation/poison_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace freshet {
namespace {

/// Share of the unspoiled run's MRR that counts as back, and points in a row that it is the mean
/// of.
constexpr double kBackShare = 0.98;
constexpr std::size_t kBackPoints = 3;

struct Phase {
  std::string name;
  std::uint64_t begin = 0;  // The first event.
  std::uint64_t end = 0;    // The one after the last.
};

std::vector<Phase> phases(const PoisonOptions& poison) {
  const std::uint64_t end = poison.from + poison.events;
  const std::uint64_t quarter = std::max<std::uint64_t>(poison.events / 4, 1);
  return {{"before", poison.from - std::min(poison.from, poison.events), poison.from},
          {"first quarter", poison.from, poison.from + quarter},
          {"last quarter", end - quarter, end},
          {"whole poison", poison.from, end},
          {"1st quarter after", end, end + quarter},
          {"2nd quarter after", end + quarter, end + 2 * quarter},
          {"2nd half after", end + 2 * quarter, end + 4 * quarter},
          {"as long again", end + poison.events, end + 2 * poison.events}};
}

RankingFigures mean(const QualityLine& line, const Phase& phase) {
  RankingFigures sum;
  double events = 0;
  std::uint64_t before = 0;
  for (const QualityPoint& point : line.points) {
    const auto count = static_cast<double>(point.events - before);
    before = point.events;
    if (point.events <= phase.begin || point.events > phase.end) continue;
    sum.hit_rate += count * point.at_20.hit_rate;
    sum.mrr += count * point.at_20.mrr;
    events += count;
  }
  if (events > 0) {
    sum.hit_rate /= events;
    sum.mrr /= events;
  }
  return sum;
}

/// Events after the poison's end until the line is back for good; empty = not within the stream.
std::optional<std::uint64_t> events_to_recover(const PoisonOptions& poison, const QualityLine& line,
                                               const QualityLine& unspoiled) {
  const std::uint64_t end = poison.from + poison.events;
  const std::size_t count = std::min(line.points.size(), unspoiled.points.size());
  std::uint64_t before = end;
  for (std::size_t k = 0; k + kBackPoints <= count; ++k) {
    if (line.points[k].events <= end) continue;
    double own = 0, theirs = 0;
    for (std::size_t j = k; j < k + kBackPoints; ++j) {
      own += line.points[j].at_20.mrr;
      theirs += unspoiled.points[j].at_20.mrr;
    }
    if (own >= kBackShare * theirs) return before - end;
    before = line.points[k].events;
  }
  return {};
}

const QualityLine* find(const EvaluationReport& report, const std::string& name) {
  for (const QualityLine& line : report.quality_over_time)
    if (line.name == name) return &line;
  return nullptr;
}

}  // namespace

std::string poison_table(const PoisonOptions& poison, const EvaluationReport& report) {
  if (poison.kind == PoisonKind::kNone) return {};
  std::string text = "\n  HR@20 / MRR@20 of true targets         ";
  for (const Phase& phase : phases(poison)) text += fmt::format(" {:>17}", phase.name);
  const QualityLine* unspoiled = find(report, "not poisoned");
  for (const QualityLine& line : report.quality_over_time) {
    text += fmt::format("\n  {:<38}", line.name);
    for (const Phase& phase : phases(poison)) {
      const RankingFigures figures = mean(line, phase);
      text += fmt::format("   {:>6.4f} / {:.4f}", figures.hit_rate, figures.mrr);
    }
    const bool is_model = line.name == "live" || line.name.starts_with("without");
    if (!is_model || unspoiled == nullptr) continue;
    const auto events = events_to_recover(poison, line, *unspoiled);
    text += events ? fmt::format("   back after {} events", *events) : "   not back";
  }
  return text + "\n";
}

}  // namespace freshet
