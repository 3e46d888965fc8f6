#include "app/figures/figure_history.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace freshet {
namespace {

constexpr std::size_t kTen = 10;

/// What ten seconds have of one second's figures.
enum class Summary { kMean, kLargest, kLast };

struct Column {
  const char* name;
  Summary summary;
  double (*value)(const StatusFigures&);
};

double lag_records(const StatusFigures& figures) {
  double lag = 0;
  for (const PartitionLag& partition : figures.lag)
    lag += static_cast<double>(partition.lag_records);
  return lag;
}

constexpr std::array kColumns{
    Column{"events_per_second", Summary::kMean,
           [](const StatusFigures& f) { return f.events_per_second; }},
    Column{"lists_per_second", Summary::kMean,
           [](const StatusFigures& f) { return f.lists_per_second; }},
    Column{"lag_records", Summary::kLargest, lag_records},
    Column{"event_to_list_p50_ms", Summary::kMean,
           [](const StatusFigures& f) { return f.event_to_list_p50.count(); }},
    Column{"event_to_list_p99_ms", Summary::kLargest,
           [](const StatusFigures& f) { return f.event_to_list_p99.count(); }},
    Column{"freshness_p50_ms", Summary::kMean,
           [](const StatusFigures& f) { return f.freshness_p50.count(); }},
    Column{"hit_rate_20", Summary::kMean,
           [](const StatusFigures& f) { return f.served.hit_rate_20; }},
    Column{"hit_rate_20_popularity", Summary::kMean,
           [](const StatusFigures& f) { return f.popularity.hit_rate_20; }},
    Column{"mrr_20", Summary::kMean, [](const StatusFigures& f) { return f.served.mrr_20; }},
    Column{"mrr_20_popularity", Summary::kMean,
           [](const StatusFigures& f) { return f.popularity.mrr_20; }},
    Column{"loss", Summary::kMean, [](const StatusFigures& f) { return f.loss; }},
    Column{"model_version", Summary::kLast,
           [](const StatusFigures& f) { return static_cast<double>(f.model_version.value); }},
    Column{"dead_letters_total", Summary::kLast,
           [](const StatusFigures& f) { return static_cast<double>(f.dead_letters_total); }},
    Column{"rss_bytes", Summary::kLargest,
           [](const StatusFigures& f) { return static_cast<double>(f.rss_bytes); }},
};

/// Of the values that are known; NaN where none is.
double summarize(Summary summary, const std::vector<double>& values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  if (summary == Summary::kLast) return values.back();
  if (summary == Summary::kLargest) return *std::max_element(values.begin(), values.end());
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

template <class Rows, class Row>
void keep(Rows& rows, Row row, std::size_t max) {
  rows.push_back(std::move(row));
  if (rows.size() > max) rows.pop_front();
}

}  // namespace

void FigureHistory::add(const StatusFigures& figures, EventTime now) {
  if (columns_.empty()) {
    for (const Column& column : kColumns) columns_.emplace_back(column.name);
    for (const NamedFigure& weight : figures.mixture_weights)
      columns_.push_back("weight_" + weight.name);
  }
  Row row{now, {}};
  for (const Column& column : kColumns) row.values.push_back(column.value(figures));
  for (const NamedFigure& weight : figures.mixture_weights) row.values.push_back(weight.value);
  row.values.resize(columns_.size(), std::numeric_limits<double>::quiet_NaN());
  ten_.push_back(row);
  keep(seconds_, std::move(row), kSeconds);
  if (ten_.size() == kTen) end_ten(now);
}

void FigureHistory::end_ten(EventTime now) {
  Row row{now, {}};
  std::vector<double> known;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    known.clear();
    for (const Row& second : ten_)
      if (!std::isnan(second.values[c])) known.push_back(second.values[c]);
    const Summary summary = c < kColumns.size() ? kColumns[c].summary : Summary::kMean;
    row.values.push_back(summarize(summary, known));
  }
  ten_.clear();
  keep(tens_, std::move(row), kTens);
}

FigureColumns FigureHistory::rows(std::chrono::seconds back) const {
  const bool by_second = back <= std::chrono::seconds(kSeconds);
  const std::deque<Row>& kept = by_second ? seconds_ : tens_;
  const auto wanted = static_cast<std::size_t>(back.count()) / (by_second ? 1 : kTen);
  FigureColumns figures;
  for (const std::string& name : columns_) figures.columns.push_back({name, {}});
  for (std::size_t i = kept.size() - std::min(kept.size(), wanted); i < kept.size(); ++i) {
    figures.times.push_back(kept[i].time);
    for (std::size_t c = 0; c < columns_.size(); ++c)
      figures.columns[c].values.push_back(kept[i].values[c]);
  }
  return figures;
}

}  // namespace freshet
