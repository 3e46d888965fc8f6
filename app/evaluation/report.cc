#include "app/evaluation/report.h"

#include <string_view>

#include "sinks/json_text.h"

namespace freshet {
namespace {

void put(JsonWriter& writer, std::string_view key, std::string_view text) {
  put_key(writer, key);
  put_text(writer, text);
}

void put(JsonWriter& writer, std::string_view key, const std::string& text) {
  put(writer, key, std::string_view(text));
}

void put(JsonWriter& writer, std::string_view key, double number) {
  put_key(writer, key);
  put_number(writer, number);
}

void put(JsonWriter& writer, std::string_view key, std::uint64_t number) {
  put_key(writer, key);
  writer.Uint64(number);
}

void put(JsonWriter& writer, std::string_view key, bool value) {
  put_key(writer, key);
  writer.Bool(value);
}

void put_cost(JsonWriter& writer, const CostFigures& cost) {
  put_key(writer, "cost");
  writer.StartObject();
  put(writer, "learn_us_per_event", cost.learn_us_per_event);
  put(writer, "rank_us_per_event", cost.rank_us_per_event);
  put(writer, "items", cost.items);
  put(writer, "users", cost.users);
  put(writer, "model_bytes_per_item", cost.model_bytes_per_item);
  put(writer, "state_bytes_per_user", cost.state_bytes_per_user);
  put(writer, "candidate_share", cost.candidate_share);
  put(writer, "rows_left_out", cost.rows_left_out);
  writer.EndObject();
}

/// Writes `values` as an array of objects; `put_members(value)` writes what is in one.
template <class Values, class PutMembers>
void put_objects(JsonWriter& writer, std::string_view key, const Values& values,
                 PutMembers put_members) {
  put_key(writer, key);
  writer.StartArray();
  for (const auto& value : values) {
    writer.StartObject();
    put_members(value);
    writer.EndObject();
  }
  writer.EndArray();
}

void put_ranking(JsonWriter& writer, const RankingFigures& figures) {
  put(writer, "hit_rate", figures.hit_rate);
  put(writer, "recall", figures.recall);
  put(writer, "precision", figures.precision);
  put(writer, "f1", figures.f1);
  put(writer, "mrr", figures.mrr);
  put(writer, "ndcg", figures.ndcg);
}

void put_figures(JsonWriter& writer, const EvaluatedQuality& figures) {
  put(writer, "events", figures.events);
  put_objects(writer, "at", figures.at, [&](const CutOffFigures& at) {
    put(writer, "k", static_cast<std::uint64_t>(at.k));
    put_ranking(writer, at.ranking);
    put(writer, "coverage", at.coverage);
  });
  put(writer, "auc", figures.auc);
  put(writer, "log_loss", figures.log_loss);
  put(writer, "calibration_error", figures.calibration_error);
  put(writer, "gini", figures.gini);
  put(writer, "novelty", figures.novelty);
  put(writer, "intra_list_diversity", figures.intra_list_diversity);
  put(writer, "serendipity", figures.serendipity);
  put(writer, "surprise", figures.surprise);
  put(writer, "calibration_divergence", figures.calibration_divergence);
  put_objects(writer, "slices", figures.slices, [&](const SliceFigures& slice) {
    put(writer, "group", slice.group);
    put(writer, "name", slice.name);
    put(writer, "events", slice.events);
    put_ranking(writer, slice.at_20);
  });
  put_objects(writer, "experts", figures.sources, [&](const SourceFigures& source) {
    put(writer, "name", to_string(source.source));
    put(writer, "listed_share", source.listed_share);
    put(writer, "hit_share", source.hit_share);
    put(writer, "precision", source.precision);
  });
}

void put_run(JsonWriter& writer, const EvaluationReport& report) {
  put(writer, "title", report.title);
  put(writer, "command_line", report.command_line);
  put_key(writer, "streams");
  writer.StartArray();
  for (const std::string& stream : report.streams) put_text(writer, stream);
  writer.EndArray();
  put(writer, "protocol", report.protocol);
  put(writer, "config", report.config);
  put(writer, "machine", report.machine);
  put(writer, "version", report.version);
  put(writer, "events", report.events);
  put(writer, "seconds", report.seconds);
  put(writer, "events_per_second", report.events_per_second);
  put_cost(writer, report.cost);
  put(writer, "guard", report.guard);
}

void put_curves(JsonWriter& writer, const EvaluationReport& report) {
  put_objects(writer, "quality_over_time", report.quality_over_time, [&](const QualityLine& line) {
    put(writer, "row", line.name);
    put_objects(writer, "points", line.points, [&](const QualityPoint& point) {
      put(writer, "events", point.events);
      put_ranking(writer, point.at_20);
    });
  });
  put_objects(writer, "periods", report.periods, [&](const PeriodFigures& period) {
    put(writer, "period", period.period);
    put(writer, "row", period.row);
    put(writer, "events", period.events);
    put_ranking(writer, period.at_20);
  });
  put_objects(writer, "freshness", report.freshness, [&](const FreshnessPoint& point) {
    put(writer, "delay_events", point.delay);
    put(writer, "name", point.name);
    put_ranking(writer, point.at_20);
  });
  put_objects(writer, "diversity", report.diversity, [&](const DiversityPoint& point) {
    put(writer, "dial", point.dial);
    put(writer, "ndcg_20", point.ndcg_20);
    put(writer, "intra_list_diversity", point.intra_list_diversity);
  });
  put_objects(writer, "ablation", report.ablation, [&](const AblationBar& bar) {
    put(writer, "without", bar.name);
    put(writer, "recall_20_change", bar.recall_20_change);
    put(writer, "mrr_20_change", bar.mrr_20_change);
  });
}

}  // namespace

std::string encode_report(const EvaluationReport& report) {
  rapidjson::StringBuffer buffer;
  JsonWriter writer(buffer);
  writer.StartObject();
  put_run(writer, report);
  put_objects(writer, "rows", report.rows, [&](const ReportRow& row) {
    put(writer, "name", row.name);
    put(writer, "baseline", row.baseline);
    put(writer, "seconds", row.seconds);
    put_key(writer, "figures");
    writer.StartObject();
    put_figures(writer, row.figures);
    writer.EndObject();
  });
  put_curves(writer, report);
  writer.EndObject();
  return text_of(buffer);
}

std::string encode_figures(const EvaluatedQuality& figures) {
  rapidjson::StringBuffer buffer;
  JsonWriter writer(buffer);
  writer.StartObject();
  put_figures(writer, figures);
  writer.EndObject();
  return text_of(buffer);
}

}  // namespace freshet
