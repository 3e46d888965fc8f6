#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <utility>

#include "app/evaluation/html_sections.h"
#include "app/evaluation/html_text.h"
#include "app/evaluation/svg_plot.h"

namespace freshet {
namespace {

/// A figure that plots show, and its name.
struct PlottedFigure {
  const char* id;
  const char* name;
  double RankingFigures::*figure;
};

constexpr PlottedFigure kRecall{"recall", "Recall @20", &RankingFigures::recall};
constexpr PlottedFigure kMrr{"mrr", "MRR @20", &RankingFigures::mrr};

std::string legend(const Plot& plot) {
  std::string html = "<span class=\"legend\">";
  for (std::size_t i = 0; i < plot.lines.size(); ++i) {
    const PlotLine& line = plot.lines[i];
    const double last = line.points.empty() ? NAN : line.points.back().y;
    fmt::format_to(std::back_inserter(html), "<span><i class=\"c{}{}\"></i>{} <b>{}</b></span>",
                   i % 5 + 1, line.dashed ? " dashed" : "", escaped(line.name),
                   plot.y_text(last, 2));
  }
  return html + "</span>";
}

/// The plot in a card; `under` (markup) holds the table behind it.
std::string card(const Plot& plot, const std::string& under, bool with_legend) {
  const std::string svg = svg_plot(plot);
  if (svg.empty()) return {};
  return fmt::format(
      "<figure class=\"card\"><figcaption><span class=\"title\">{}</span>{}</figcaption>{}{}"
      "</figure>\n",
      escaped(plot.title), with_legend ? legend(plot) : "", svg, under);
}

Plot time_plot(const EvaluationReport& report, const PlottedFigure& shown) {
  Plot plot;
  plot.id = std::string("time-") + shown.id;
  plot.title = std::string(shown.name) + " over the stream";
  plot.description = "Lines of the share from 0 up; the table below has every value.";
  plot.x_title = "events";
  plot.y_text = percent_text;
  plot.x_text = [](double x) { return count_text(static_cast<std::uint64_t>(x)) + " events"; };
  const ReportRow* baseline = baseline_of(report);
  double events = 0;
  for (const QualityLine& line : report.quality_over_time) {
    PlotLine& drawn = plot.lines.emplace_back();
    drawn.name = line.name;
    drawn.dashed = baseline != nullptr && baseline->name == line.name;
    for (const QualityPoint& point : line.points) {
      drawn.points.push_back({static_cast<double>(point.events), point.at_20.*shown.figure});
      events = std::max(events, static_cast<double>(point.events));
    }
  }
  for (const double at : round_steps(0, events, 6))
    if (at <= events) plot.x_ticks.push_back({at, short_count_text(at)});
  return plot;
}

/// Every point of the lines; rows by events, columns by line.
HtmlTable time_table(const Plot& plot) {
  HtmlTable table{plot.title, {"Events"}, {}};
  std::vector<double> places;
  for (const PlotLine& line : plot.lines) {
    table.columns.push_back(escaped(line.name));
    for (const PlotPoint& point : line.points) places.push_back(point.x);
  }
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  for (const double x : places) {
    auto& row = table.rows.emplace_back();
    row.push_back(count_text(static_cast<std::uint64_t>(x)));
    for (const PlotLine& line : plot.lines) {
      const auto found = std::lower_bound(line.points.begin(), line.points.end(), x,
                                          [](const PlotPoint& p, double at) { return p.x < at; });
      const bool has = found != line.points.end() && found->x == x;
      row.push_back(has ? percent_text(found->y) : "");
    }
  }
  return table;
}

/// Delays span decades and begin at 0, which stands a decade left of the smallest other.
double place_of_delay(std::uint64_t delay, std::uint64_t smallest) {
  return delay == 0 ? std::log10(static_cast<double>(smallest)) - 1
                    : std::log10(static_cast<double>(delay));
}

std::string delay_text(const FreshnessPoint& point) {
  if (!point.name.empty()) return point.name;
  return point.delay == 0 ? "none" : short_count_text(static_cast<double>(point.delay));
}

Plot freshness_plot(std::vector<FreshnessPoint> points, const PlottedFigure& shown) {
  std::sort(points.begin(), points.end(),
            [](const auto& a, const auto& b) { return a.delay < b.delay; });
  std::uint64_t smallest = 10;
  const auto positive =
      std::find_if(points.begin(), points.end(), [](const auto& point) { return point.delay > 0; });
  if (positive != points.end()) smallest = positive->delay;
  Plot plot;
  plot.id = std::string("freshness-") + shown.id;
  plot.title = std::string(shown.name) + " by learning delay";
  plot.description = "Share against events learned late, on a logarithmic axis; table below.";
  plot.x_title = "events learned late";
  plot.y_from_zero = false;
  plot.dots = true;
  plot.y_text = percent_text;
  PlotLine& line = plot.lines.emplace_back();
  line.name = shown.name;
  for (const FreshnessPoint& point : points) {
    const double x = place_of_delay(point.delay, smallest);
    line.points.push_back({x, point.at_20.*shown.figure});
    plot.x_ticks.push_back({x, delay_text(point)});
  }
  plot.x_text = [ticks = plot.x_ticks](double x) {
    for (const Tick& tick : ticks)
      if (tick.at == x) return "delay: " + tick.text;
    return std::string();
  };
  return plot;
}

}  // namespace

std::string time_section(const EvaluationReport& report) {
  std::string cards;
  for (const PlottedFigure& shown : {kRecall, kMrr}) {
    const Plot plot = time_plot(report, shown);
    cards += card(plot, folded_table("Figures", time_table(plot)), true);
  }
  if (cards.empty()) return {};
  return "<section class=\"plots\" aria-label=\"Quality over time\">\n" + cards + "</section>\n";
}

std::string freshness_section(const EvaluationReport& report) {
  if (report.freshness.empty()) return {};
  HtmlTable table{"Quality by learning delay", {"Events late", "Recall @20", "MRR @20"}, {}};
  for (const FreshnessPoint& point : report.freshness)
    table.rows.push_back({escaped(delay_text(point)), percent_text(point.at_20.recall),
                          percent_text(point.at_20.mrr)});
  std::string cards;
  for (const PlottedFigure& shown : {kRecall, kMrr})
    cards += card(freshness_plot(report.freshness, shown), folded_table("Figures", table), false);
  return "<section class=\"plots\" aria-label=\"Freshness\">\n" + cards + "</section>\n";
}

std::string diversity_section(const EvaluationReport& report) {
  if (report.diversity.empty()) return {};
  std::vector<DiversityPoint> points = report.diversity;
  std::sort(points.begin(), points.end(), [](const auto& a, const auto& b) {
    return a.intra_list_diversity < b.intra_list_diversity;
  });
  Plot plot;
  plot.id = "diversity";
  plot.title = "Relevance against diversity";
  plot.description = "NDCG @20 against mean distance inside a list, a point per dial setting.";
  plot.x_title = "diversity inside a list (1 - cosine)";
  plot.y_from_zero = false;
  plot.dots = true;
  plot.y_text = percent_text;
  PlotLine& line = plot.lines.emplace_back();
  line.name = "NDCG @20";
  HtmlTable table{"Relevance against diversity", {"Dial", "NDCG @20", "Diversity"}, {}};
  for (const DiversityPoint& point : points) {
    line.points.push_back({point.intra_list_diversity, point.ndcg_20});
    table.rows.push_back({decimal_text(point.dial, 2), percent_text(point.ndcg_20),
                          decimal_text(point.intra_list_diversity, 3)});
  }
  const double low = points.front().intra_list_diversity;
  const double high = points.back().intra_list_diversity;
  for (const double at : round_steps(low, high, 6))
    if (at >= low && at <= high) plot.x_ticks.push_back({at, decimal_text(at, 3)});
  plot.x_text = [points](double x) {
    for (const DiversityPoint& point : points)
      if (point.intra_list_diversity == x)
        return fmt::format("dial {:.2f}: diversity {:.3f}", point.dial, x);
    return std::string();
  };
  return card(plot, folded_table("Figures", table), false);
}

}  // namespace freshet
