#include "sinks/status_figures.h"

#include <string_view>

#include "sinks/json_text.h"

namespace freshet {

namespace {

void put(JsonWriter& writer, std::string_view name, double value) {
  put_key(writer, name);
  put_number(writer, value);
}

void put(JsonWriter& writer, std::string_view name, std::uint64_t value) {
  put_key(writer, name);
  writer.Uint64(value);
}

void put(JsonWriter& writer, std::string_view name, std::int64_t value) {
  put_key(writer, name);
  writer.Int64(value);
}

void put(JsonWriter& writer, std::string_view name, std::string_view value) {
  put_key(writer, name);
  put_text(writer, value);
}

void put(JsonWriter& writer, std::string_view name, EventTime value) {
  put(writer, name, std::int64_t{value.time_since_epoch().count()});
}

template <class Each, class Put>
void put_array(JsonWriter& writer, std::string_view name, const std::vector<Each>& each,
               Put put_one) {
  put_key(writer, name);
  writer.StartArray();
  for (const Each& one : each) {
    writer.StartObject();
    put_one(one);
    writer.EndObject();
  }
  writer.EndArray();
}

void put_figures(JsonWriter& writer, std::string_view name,
                 const std::vector<NamedFigure>& figures) {
  put_key(writer, name);
  writer.StartObject();
  for (const NamedFigure& figure : figures) put(writer, figure.name, figure.value);
  writer.EndObject();
}

void put_quality(JsonWriter& writer, std::string_view name, const QualityFigures& quality) {
  put_key(writer, name);
  writer.StartObject();
  put(writer, "hit_rate_20", quality.hit_rate_20);
  put(writer, "mrr_20", quality.mrr_20);
  put(writer, "ndcg_20", quality.ndcg_20);
  writer.EndObject();
}

void put_list(JsonWriter& writer, const ShownList& shown) {
  const RankedList& list = shown.list;
  put(writer, "user_id", std::string_view(list.user));
  put(writer, "partition", std::int64_t{list.position.partition.value});
  put(writer, "offset", list.position.offset.value);
  put(writer, "model_version", list.model_version.value);
  put(writer, "event_time", list.event_time);
  put(writer, "published_time", shown.published_time);
  put(writer, "fallback", to_string(list.fallback));
  put_key(writer, "items");
  writer.StartArray();
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    const RankedItem& item = list.items[i];
    writer.StartObject();
    put(writer, "item_id", std::string_view(item.name));
    put(writer, "title",
        i < shown.titles.size() ? std::string_view(shown.titles[i]) : std::string_view());
    put_array(writer, "reasons", item.reasons, [&](const Reason& reason) {
      put(writer, "source", to_string(reason.source));
      put(writer, "text", std::string_view(reason.text));
    });
    writer.EndObject();
  }
  writer.EndArray();
}

void put_dead_letter(JsonWriter& writer, const ShownDeadLetter& letter) {
  put(writer, "reason", std::string_view(letter.reason));
  put(writer, "text", std::string_view(letter.text));
  put(writer, "topic", std::string_view(letter.topic));
  put(writer, "partition", std::int64_t{letter.partition.value});
  put(writer, "offset", letter.offset.value);
  put(writer, "key", std::string_view(letter.key));
  put(writer, "first_bytes", std::string_view(letter.first_bytes));
}

void put_flow(JsonWriter& writer, const StatusFigures& figures) {
  put(writer, "uptime_ms", std::int64_t{figures.uptime.count()});
  put(writer, "events_total", figures.events_total);
  put(writer, "lists_total", figures.lists_total);
  put(writer, "dead_letters_total", figures.dead_letters_total);
  put(writer, "events_per_second", figures.events_per_second);
  put(writer, "lists_per_second", figures.lists_per_second);
  put_array(writer, "lag", figures.lag, [&](const PartitionLag& lag) {
    put(writer, "partition", std::int64_t{lag.partition.value});
    put(writer, "next_offset", lag.next_offset.value);
    put(writer, "lag_records", lag.lag_records);
    put(writer, "caught_up_ratio", lag.caught_up_ratio);
  });
  put(writer, "event_to_list_p50_ms", figures.event_to_list_p50.count());
  put(writer, "event_to_list_p99_ms", figures.event_to_list_p99.count());
  put(writer, "freshness_p50_ms", figures.freshness_p50.count());
  put_figures(writer, "queue_fills", figures.queue_fills);
  put_figures(writer, "fallbacks", figures.fallbacks);
  put(writer, "rss_bytes", figures.rss_bytes);
}

void put_model(JsonWriter& writer, const StatusFigures& figures) {
  put_quality(writer, "served", figures.served);
  put_quality(writer, "popularity", figures.popularity);
  put(writer, "judged_total", figures.judged_total);
  put(writer, "model_version", figures.model_version.value);
  put(writer, "model_age_ms", figures.model_age.count());
  put(writer, "examples_per_second", figures.examples_per_second);
  put(writer, "loss", figures.loss);
  put_figures(writer, "mixture_weights", figures.mixture_weights);
}

}  // namespace

std::string encode_status(const StatusFigures& figures) {
  rapidjson::StringBuffer buffer;
  JsonWriter writer(buffer);
  writer.StartObject();
  put(writer, "version", std::string_view(figures.version));
  put_flow(writer, figures);
  put_model(writer, figures);
  put_array(writer, "newest_lists", figures.newest_lists,
            [&](const ShownList& shown) { put_list(writer, shown); });
  put_array(writer, "newest_dead_letters", figures.newest_dead_letters,
            [&](const ShownDeadLetter& letter) { put_dead_letter(writer, letter); });
  writer.EndObject();
  return text_of(buffer);
}

std::string encode_dead_letters(const std::vector<ShownDeadLetter>& letters) {
  rapidjson::StringBuffer buffer;
  JsonWriter writer(buffer);
  writer.StartObject();
  put_array(writer, "dead_letters", letters,
            [&](const ShownDeadLetter& letter) { put_dead_letter(writer, letter); });
  writer.EndObject();
  return text_of(buffer);
}

}  // namespace freshet
