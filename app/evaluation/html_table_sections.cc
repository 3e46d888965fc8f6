#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <utility>

#include "app/evaluation/html_sections.h"
#include "app/evaluation/html_text.h"

namespace freshet {
namespace {

// Colours of bars, in the heading of the column that has their figures.
const std::string kSwatch1 = "<i class=\"c1\"></i>";
const std::string kSwatch2 = "<i class=\"c2\"></i>";
const std::string kSwatch3 = "<i class=\"c3\"></i>";

std::string section(std::string_view id, std::string_view title, const std::string& body) {
  return fmt::format(
      "<section class=\"card\" aria-labelledby=\"{0}\"><h2 id=\"{0}\">{1}</h2>{2}</section>\n", id,
      title, body);
}

std::string tile(std::string_view name, const std::string& value, const std::string& note) {
  return fmt::format(
      "<div class=\"card tile\"><div class=\"name\">{}</div><div class=\"value\">{}</div>"
      "<div class=\"note\">{}</div></div>\n",
      name, value, note);
}

/// Number and unit apart, as the console shows them.
std::string big_percent(double share) {
  return fmt::format("{}<span class=\"unit\">%</span>", decimal_text(100 * share, 1));
}

/// A bar from `zero` to `value`, both as parts of the cell's width, 0..1; what is not 0 shows.
std::string bar_rect(std::string_view css_class, double zero, double value, int y, int height) {
  if (value == zero) return {};
  return fmt::format("<rect class=\"{}\" x=\"{:.2f}\" y=\"{}\" width=\"{:.2f}\" height=\"{}\"/>",
                     css_class, 100 * std::min(zero, value), y,
                     std::max(100 * std::abs(value - zero), 0.4), height);
}

std::string bar_cell(const std::string& rects) {
  return "<svg class=\"bars\" viewBox=\"0 0 100 14\" preserveAspectRatio=\"none\" "
         "aria-hidden=\"true\">" +
         rects + "</svg>";
}

/// A column of the tables of all rows.
struct Column {
  std::string name;
  std::function<double(const EvaluatedQuality&)> figure;
  std::function<std::string(double)> text;
  int better = 0;  ///< 1 = higher, -1 = lower, 0 = neither.
};

bool has_values(const EvaluationReport& report, const Column& column) {
  return std::any_of(report.rows.begin(), report.rows.end(),
                     [&](const auto& row) { return std::isfinite(column.figure(row.figures)); });
}

double best_of(const EvaluationReport& report, const Column& column) {
  double best = NAN;
  for (const ReportRow& row : report.rows) {
    const double value = column.figure(row.figures);
    if (!std::isfinite(best) || column.better * value > column.better * best) best = value;
  }
  return best;
}

/// A line per row; the best of a column is marked where there is more than one.
HtmlTable rows_table(const EvaluationReport& report, std::string caption,
                     const std::vector<Column>& columns) {
  HtmlTable table{std::move(caption), {""}, {}};
  for (const ReportRow& row : report.rows) table.rows.push_back({escaped(row.name)});
  for (const Column& column : columns) {
    if (!has_values(report, column)) continue;
    table.columns.push_back(column.name);
    const double best = best_of(report, column);
    for (std::size_t i = 0; i < report.rows.size(); ++i) {
      const double value = column.figure(report.rows[i].figures);
      const bool mark = column.better != 0 && report.rows.size() > 1 && value == best;
      const std::string text = column.text(value);
      table.rows[i].push_back(mark ? "<b class=\"best\">" + text + "</b>" : text);
    }
  }
  return table;
}

Column ranking_column(const char* name, std::size_t cut_off, double RankingFigures::*figure) {
  return {fmt::format("{} @{}", name, kCutOffs[cut_off]),
          [=](const EvaluatedQuality& f) { return f.at[cut_off].ranking.*figure; },
          [](double value) { return percent_text(value); }, 1};
}

Column beyond_column(const char* name, double EvaluatedQuality::*figure, int decimals, int better) {
  return {name, [=](const EvaluatedQuality& f) { return f.*figure; },
          [=](double value) { return decimal_text(value, decimals); }, better};
}

std::vector<Column> main_columns() {
  return {ranking_column("Recall", 2, &RankingFigures::recall),
          ranking_column("MRR", 2, &RankingFigures::mrr),
          ranking_column("NDCG", 2, &RankingFigures::ndcg),
          ranking_column("Recall", 1, &RankingFigures::recall),
          ranking_column("MRR", 1, &RankingFigures::mrr),
          ranking_column("NDCG", 1, &RankingFigures::ndcg),
          ranking_column("Recall", 0, &RankingFigures::recall),
          ranking_column("MRR", 0, &RankingFigures::mrr),
          ranking_column("NDCG", 0, &RankingFigures::ndcg)};
}

std::vector<Column> beyond_columns() {
  std::vector<Column> columns = {
      beyond_column("AUC", &EvaluatedQuality::auc, 4, 1),
      beyond_column("Log loss", &EvaluatedQuality::log_loss, 3, -1),
      beyond_column("ECE", &EvaluatedQuality::calibration_error, 4, -1),
      {"Coverage @20", [](const EvaluatedQuality& f) { return f.at.back().coverage; },
       [](double value) { return percent_text(value); }, 1},
      beyond_column("Gini", &EvaluatedQuality::gini, 3, 0),
      beyond_column("Novelty", &EvaluatedQuality::novelty, 2, 0),
      beyond_column("Diversity", &EvaluatedQuality::intra_list_diversity, 3, 0),
      beyond_column("Serendipity", &EvaluatedQuality::serendipity, 4, 1),
      beyond_column("Surprise", &EvaluatedQuality::surprise, 4, 1),
      beyond_column("Category drift", &EvaluatedQuality::calibration_divergence, 3, -1)};
  return columns;
}

std::vector<Column> precision_columns() {
  std::vector<Column> columns;
  for (std::size_t i = kCutOffs.size(); i-- > 0;) {
    columns.push_back(ranking_column("Hit rate", i, &RankingFigures::hit_rate));
    columns.push_back(ranking_column("Precision", i, &RankingFigures::precision));
    columns.push_back(ranking_column("F1", i, &RankingFigures::f1));
  }
  return columns;
}

const SliceFigures* slice_of(const ReportRow* row, const SliceFigures& like) {
  if (row == nullptr) return nullptr;
  const auto& slices = row->figures.slices;
  const auto found = std::find_if(slices.begin(), slices.end(), [&](const SliceFigures& slice) {
    return slice.group == like.group && slice.name == like.name;
  });
  return found == slices.end() ? nullptr : &*found;
}

/// The slices of one group as a table with a bar in each line.
std::string slice_card(const EvaluationReport& report, const std::string& group, double longest) {
  const ReportRow* baseline = baseline_of(report);
  HtmlTable table{
      "Recall @20 by " + group, {escaped(group), "", kSwatch1 + "Recall @20", "MRR @20"}, {}};
  if (baseline != nullptr) table.columns.push_back(kSwatch2 + escaped(baseline->name));
  table.columns.push_back("Events");
  for (const SliceFigures& slice : report.rows.front().figures.slices) {
    if (slice.group != group) continue;
    const SliceFigures* base = slice_of(baseline, slice);
    std::string rects = bar_rect("c1", 0, slice.at_20.recall / longest, 2, base ? 6 : 10);
    if (base != nullptr) rects += bar_rect("c2", 0, base->at_20.recall / longest, 9, 3);
    std::vector<std::string> row = {escaped(slice.name), bar_cell(rects),
                                    percent_text(slice.at_20.recall, 1),
                                    percent_text(slice.at_20.mrr, 1)};
    if (baseline != nullptr) row.push_back(base ? percent_text(base->at_20.recall, 1) : "");
    row.push_back(short_count_text(static_cast<double>(slice.events)));
    table.rows.push_back(std::move(row));
  }
  return fmt::format("<div class=\"card slice\"><h3>By {}</h3>{}</div>\n", escaped(group),
                     html_table(table));
}

template <class Values, class NameOf>
std::vector<std::string> names_in_order(const Values& values, NameOf name_of) {
  std::vector<std::string> names;
  for (const auto& value : values)
    if (std::find(names.begin(), names.end(), name_of(value)) == names.end())
      names.push_back(name_of(value));
  return names;
}

std::string signed_points(double change) {
  return fmt::format("{}{:.2f}", change < 0 ? "\u2212" : "+", std::abs(100 * change));
}

/// One metric's changes as bars to the left (worse) and right (better) of a common zero.
void add_changes(HtmlTable& table, const EvaluationReport& report, double AblationBar::*change) {
  double low = 0;
  double high = 0;
  for (const AblationBar& bar : report.ablation) {
    low = std::min(low, bar.*change);
    high = std::max(high, bar.*change);
  }
  const double span = std::max(high - low, 1e-9);
  const double zero = -low / span;
  for (std::size_t i = 0; i < report.ablation.size(); ++i) {
    const double value = report.ablation[i].*change;
    table.rows[i].push_back(bar_cell(
        bar_rect(value < 0 ? "worse" : "better", zero, zero + value / span, 2, 10) +
        fmt::format("<rect class=\"zero\" x=\"{:.2f}\" y=\"0\" width=\".6\" height=\"14\"/>",
                    std::min(100 * zero, 99.4))));
    table.rows[i].push_back(signed_points(value));
  }
}

/// Returns `text`, escaped, in a definition list's entry; nothing when it is empty.
std::string fact(std::string_view name, std::string_view text) {
  if (text.empty()) return {};
  return fmt::format("<div><dt>{}</dt><dd>{}</dd></div>", name, escaped(text));
}

}  // namespace

const ReportRow* baseline_of(const EvaluationReport& report) {
  const auto found = std::find_if(report.rows.begin(), report.rows.end(),
                                  [](const ReportRow& row) { return row.baseline; });
  return found == report.rows.end() ? nullptr : &*found;
}

std::string lede_section(const EvaluationReport& report) {
  if (report.rows.empty()) return {};
  const ReportRow* baseline = baseline_of(report);
  std::string text = fmt::format(
      "Of 100 next items, <b>{}</b> stood in the list of {} that was made before them",
      decimal_text(100 * report.rows.front().figures.at_20().recall, 1), kEvaluatedListMax);
  if (baseline != nullptr)
    fmt::format_to(std::back_inserter(text), "; {} alone has {}", escaped(baseline->name),
                   decimal_text(100 * baseline->figures.at_20().recall, 1));
  return "<p class=\"lede\">" + text + ".</p>\n";
}

std::string tiles_section(const EvaluationReport& report) {
  std::string tiles;
  const ReportRow* baseline = baseline_of(report);
  if (!report.rows.empty()) {
    const EvaluatedQuality& figures = report.rows.front().figures;
    const auto add = [&](const char* name, double RankingFigures::*figure) {
      tiles += tile(name, big_percent(figures.at_20().*figure),
                    baseline ? escaped(baseline->name) + " " +
                                   percent_text(baseline->figures.at_20().*figure, 1)
                             : "");
    };
    add("Recall @20", &RankingFigures::recall);
    add("MRR @20", &RankingFigures::mrr);
    add("NDCG @20", &RankingFigures::ndcg);
    tiles += tile("Catalogue shown", big_percent(figures.at.back().coverage),
                  baseline ? escaped(baseline->name) + " " +
                                 percent_text(baseline->figures.at.back().coverage, 1)
                           : "");
    tiles += tile("Events judged", short_count_text(static_cast<double>(figures.events)),
                  "of " + count_text(report.events) + " learned");
  }
  if (report.events_per_second > 0)
    tiles +=
        tile("Speed", short_count_text(report.events_per_second) + "<span class=\"unit\">/s</span>",
             "events, " + duration_text(report.seconds) + " in all");
  if (tiles.empty()) return {};
  return "<section class=\"tiles\" aria-label=\"Key figures\">\n" + tiles + "</section>\n";
}

std::string ablation_section(const EvaluationReport& report) {
  if (report.ablation.empty()) return {};
  HtmlTable table{"Change when a part is off, in percentage points",
                  {"Without", "", "Recall @20", "", "MRR @20"},
                  {}};
  for (const AblationBar& bar : report.ablation) table.rows.push_back({escaped(bar.name)});
  add_changes(table, report, &AblationBar::recall_20_change);
  add_changes(table, report, &AblationBar::mrr_20_change);
  return "<section class=\"card\" aria-labelledby=\"ablation\"><h2 id=\"ablation\">What each part "
         "brings</h2><p class=\"hint\">Change when it is switched off, in percentage points. Left "
         "of the line: it is missed.</p>" +
         html_table(table) + "</section>\n";
}

std::string rows_section(const EvaluationReport& report) {
  if (report.rows.empty()) return {};
  std::string body = html_table(rows_table(report, "Ranking metrics", main_columns()));
  body += "<h3>Beyond hits</h3>";
  body += html_table(rows_table(report, "Metrics beyond hits", beyond_columns()));
  body += folded_table("Hit rate, precision and F1",
                       rows_table(report, "Hit rate, precision and F1", precision_columns()));
  return section("rows", "All ways to rank", body);
}

std::string slices_section(const EvaluationReport& report) {
  if (report.rows.empty() || report.rows.front().figures.slices.empty()) return {};
  const auto& slices = report.rows.front().figures.slices;
  double longest = 1e-9;
  for (const SliceFigures& slice : slices) longest = std::max(longest, slice.at_20.recall);
  if (const ReportRow* baseline = baseline_of(report))
    for (const SliceFigures& slice : baseline->figures.slices)
      longest = std::max(longest, slice.at_20.recall);
  std::string cards;
  for (const std::string& group :
       names_in_order(slices, [](const SliceFigures& slice) { return slice.group; }))
    cards += slice_card(report, group, longest);
  return "<section class=\"plots\" aria-label=\"Parts of the events\">\n" + cards + "</section>\n";
}

std::string experts_section(const EvaluationReport& report) {
  if (report.rows.empty() || report.rows.front().figures.sources.empty()) return {};
  HtmlTable table{
      "What each expert brought",
      {"Strongest reason", "", kSwatch1 + "Of hits", kSwatch3 + "Of items listed", "Precision"},
      {}};
  for (const SourceFigures& source : report.rows.front().figures.sources)
    table.rows.push_back({escaped(to_string(source.source)),
                          bar_cell(bar_rect("c1", 0, source.hit_share, 2, 6) +
                                   bar_rect("c3", 0, source.listed_share, 9, 3)),
                          percent_text(source.hit_share, 1), percent_text(source.listed_share, 1),
                          percent_text(source.precision, 2)});
  return section("experts", "Experts",
                 "<p class=\"hint\">Items by the expert that is their strongest reason.</p>" +
                     html_table(table));
}

std::string periods_section(const EvaluationReport& report) {
  if (report.periods.empty()) return {};
  const auto rows =
      names_in_order(report.periods, [](const PeriodFigures& figures) { return figures.row; });
  HtmlTable table{"Recall and MRR @20 of each period", {"Period", "Events"}, {}};
  for (const std::string& row : rows) {
    table.columns.push_back(escaped(row) + "<br>recall");
    table.columns.push_back(escaped(row) + "<br>MRR");
  }
  for (const std::string& period : names_in_order(
           report.periods, [](const PeriodFigures& figures) { return figures.period; })) {
    std::vector<std::string> cells(2 + 2 * rows.size());
    cells[0] = escaped(period);
    for (const PeriodFigures& figures : report.periods) {
      if (figures.period != period) continue;
      const auto at =
          static_cast<std::size_t>(std::find(rows.begin(), rows.end(), figures.row) - rows.begin());
      if (cells[1].empty()) cells[1] = count_text(figures.events);
      cells[2 + 2 * at] = percent_text(figures.at_20.recall);
      cells[3 + 2 * at] = percent_text(figures.at_20.mrr);
    }
    table.rows.push_back(std::move(cells));
  }
  return section("periods", "Period by period", html_table(table));
}

std::string run_section(const EvaluationReport& report) {
  std::string streams;
  for (const std::string& stream : report.streams)
    streams += (streams.empty() ? "" : "\n") + stream;
  std::string facts = fact("Protocol", report.protocol) + fact("Streams", streams) +
                      fact("Guard", report.guard) + fact("Machine", report.machine);
  if (!report.command_line.empty())
    facts +=
        "<div><dt>Command</dt><dd><code>" + escaped(report.command_line) + "</code></dd></div>";
  std::string body;
  if (!facts.empty()) body += "<dl class=\"facts\">" + facts + "</dl>";
  if (!report.config.empty())
    body += "<details><summary>Configuration</summary><pre tabindex=\"0\">" +
            escaped(report.config) + "</pre></details>";
  return body.empty() ? std::string() : section("run", "The run", body);
}

}  // namespace freshet
