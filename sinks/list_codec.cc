#include "sinks/list_codec.h"

#include "config/rules_config.h"
#include "sinks/json_text.h"
#include "sinks/list_json.h"

namespace freshet {

namespace {

void put_reason(JsonWriter& writer, const Reason& reason) {
  writer.StartObject();
  put_key(writer, "source");
  put_text(writer, to_string(reason.source));
  put_key(writer, "because_of");
  put_text_or_null(writer, reason.because_of_name);
  put_key(writer, "share");
  put_number(writer, reason.share);
  put_key(writer, "text");
  put_text(writer, reason.text);
  if (!reason.rule.empty()) {
    put_key(writer, "rule");
    put_text(writer, reason.rule);
  }
  writer.EndObject();
}

void put_item(JsonWriter& writer, const RankedItem& item, const TitleOf& title_of) {
  writer.StartObject();
  put_key(writer, "item_id");
  put_text(writer, item.name);
  if (title_of) {
    const std::string title = title_of(item);
    if (!title.empty()) {
      put_key(writer, "title");
      put_text(writer, title);
    }
  }
  put_key(writer, "score");
  put_number(writer, item.score);
  if (item.propensity > 0) {
    put_key(writer, "propensity");
    put_number(writer, item.propensity);
  }
  put_reasons(writer, item.reasons);
  writer.EndObject();
}

void put_position(JsonWriter& writer, const Position& position) {
  put_key(writer, "partition");
  writer.Int(position.partition.value);
  put_key(writer, "offset");
  writer.Int64(position.offset.value);
  put_key(writer, "epoch");
  writer.Int64(position.epoch.value);
  put_key(writer, "revision");
  writer.Int64(position.revision);
}

void put_scenarios(JsonWriter& writer, const RankedList& list, const TitleOf& title_of) {
  if (list.scenarios.empty()) return;
  put_key(writer, "scenarios");
  writer.StartObject();
  for (const ScenarioList& scenario : list.scenarios) {
    put_text_key(writer, scenario.name);
    writer.StartObject();
    put_items(writer, "items", scenario.items, title_of);
    writer.EndObject();
  }
  writer.EndObject();
}

}  // namespace

void put_reasons(JsonWriter& writer, std::span<const Reason> reasons) {
  put_key(writer, "reasons");
  writer.StartArray();
  for (const Reason& reason : reasons) put_reason(writer, reason);
  writer.EndArray();
}

void put_items(JsonWriter& writer, std::string_view key, std::span<const RankedItem> items,
               const TitleOf& title_of) {
  put_key(writer, key);
  writer.StartArray();
  for (const RankedItem& item : items) put_item(writer, item, title_of);
  writer.EndArray();
}

std::string encode_list(const RankedList& list, EventTime published_time, const TitleOf& title_of) {
  rapidjson::StringBuffer buffer;
  JsonWriter writer(buffer);
  writer.StartObject();
  put_key(writer, "user_id");
  put_text_or_null(writer, list.user);
  put_key(writer, "scenario");
  put_text(writer, list.scenario.empty() ? kDefaultScenario : std::string_view(list.scenario));
  put_items(writer, "items", list.items, title_of);
  put_scenarios(writer, list, title_of);
  put_key(writer, "model_version");
  writer.Uint64(list.model_version.value);
  if (!list.user.empty()) put_position(writer, list.position);
  put_key(writer, "event_time");
  writer.Int64(list.event_time.time_since_epoch().count());
  put_key(writer, "published_time");
  writer.Int64(published_time.time_since_epoch().count());
  put_key(writer, "fallback");
  put_text(writer, to_string(list.fallback));
  put_key(writer, "catching_up");
  writer.Bool(list.catching_up);
  writer.EndObject();
  return text_of(buffer);
}

std::string encode_related(const std::string& item, std::span<const RankedItem> items,
                           const TitleOf& title_of) {
  rapidjson::StringBuffer buffer;
  JsonWriter writer(buffer);
  writer.StartObject();
  put_key(writer, "item_id");
  put_text(writer, item);
  put_items(writer, "items", items, title_of);
  writer.EndObject();
  return text_of(buffer);
}

}  // namespace freshet
