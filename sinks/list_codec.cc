#include "sinks/list_codec.h"

#include "sinks/json_text.h"
#include "sinks/list_json.h"

namespace freshet {

namespace {

void put_reason(JsonWriter& writer, const Reason& reason) {
  writer.StartObject();
  put_key(writer, "source");
  put_text(writer, to_string(reason.source));
  put_key(writer, "because_of");
  if (reason.because_of_name.empty()) {
    writer.Null();
  } else {
    put_text(writer, reason.because_of_name);
  }
  put_key(writer, "share");
  put_number(writer, reason.share);
  put_key(writer, "text");
  put_text(writer, reason.text);
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
  put_reasons(writer, item.reasons);
  writer.EndObject();
}

void put_items(JsonWriter& writer, std::span<const RankedItem> items, const TitleOf& title_of) {
  put_key(writer, "items");
  writer.StartArray();
  for (const RankedItem& item : items) put_item(writer, item, title_of);
  writer.EndArray();
}

void put_position(JsonWriter& writer, const Position& position) {
  put_key(writer, "partition");
  writer.Int(position.partition.value);
  put_key(writer, "offset");
  writer.Int64(position.offset.value);
  put_key(writer, "epoch");
  writer.Int64(position.epoch.value);
}

std::string text_of(const rapidjson::StringBuffer& buffer) {
  return std::string(buffer.GetString(), buffer.GetSize());
}

}  // namespace

void put_reasons(JsonWriter& writer, std::span<const Reason> reasons) {
  put_key(writer, "reasons");
  writer.StartArray();
  for (const Reason& reason : reasons) put_reason(writer, reason);
  writer.EndArray();
}

std::string encode_list(const RankedList& list, EventTime published_time, const TitleOf& title_of) {
  rapidjson::StringBuffer buffer;
  JsonWriter writer(buffer);
  writer.StartObject();
  put_key(writer, "user_id");
  const bool of_a_user = !list.user.empty();
  if (of_a_user) {
    put_text(writer, list.user);
  } else {
    writer.Null();
  }
  put_items(writer, list.items, title_of);
  put_key(writer, "model_version");
  writer.Uint64(list.model_version.value);
  if (of_a_user) put_position(writer, list.position);
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
  put_items(writer, items, title_of);
  writer.EndObject();
  return text_of(buffer);
}

}  // namespace freshet
