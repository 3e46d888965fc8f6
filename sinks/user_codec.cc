#include "sinks/user_codec.h"

#include <algorithm>

#include "sinks/json_text.h"

namespace freshet {
namespace {

void put_time(JsonWriter& writer, const char* name, EventTime time) {
  put_key(writer, name);
  writer.Int64(time.time_since_epoch().count());
}

const UserView::Item* find(const UserView& view, ItemId id) {
  const auto it = view.items.find(id);
  return it == view.items.end() ? nullptr : &it->second;
}

void put_item(JsonWriter& writer, const UserView& view, ItemId id) {
  const UserView::Item* item = find(view, id);
  put_key(writer, "item_id");
  if (item == nullptr) {
    writer.Null();
    return;
  }
  put_text(writer, item->name);
  if (item->title.empty()) return;
  put_key(writer, "title");
  put_text(writer, item->title);
}

void put_history(JsonWriter& writer, const UserView& view) {
  put_key(writer, "history");
  writer.StartArray();
  const auto& history = view.state.history;
  for (auto entry = history.rbegin(); entry != history.rend(); ++entry) {
    writer.StartObject();
    put_item(writer, view, entry->item);
    put_key(writer, "action");
    put_text(writer, to_string(entry->action));
    put_time(writer, "event_time", entry->event_time);
    put_key(writer, "session_start");
    writer.Bool(entry->session_start);
    writer.EndObject();
  }
  writer.EndArray();
}

void put_bought(JsonWriter& writer, const UserView& view) {
  put_key(writer, "bought");
  writer.StartArray();
  const auto& bought = view.state.bought;
  for (auto item = bought.rbegin(); item != bought.rend(); ++item) {
    writer.StartObject();
    put_item(writer, view, item->item);
    put_key(writer, "count");
    writer.Uint(item->count);
    put_time(writer, "last_time", item->last_time);
    writer.EndObject();
  }
  writer.EndArray();
}

void put_disliked(JsonWriter& writer, const UserView& view) {
  put_key(writer, "disliked");
  writer.StartArray();
  const auto& disliked = view.state.disliked;
  for (auto id = disliked.rbegin(); id != disliked.rend(); ++id)
    if (const UserView::Item* item = find(view, *id)) put_text(writer, item->name);
  writer.EndArray();
}

void put_counts(JsonWriter& writer, const UserState& state) {
  put_key(writer, "action_counts");
  writer.StartObject();
  for (std::size_t i = 0; i < kActionCount; ++i) {
    put_key(writer, to_string(static_cast<Action>(i)));
    writer.Uint64(state.action_counts[i]);
  }
  writer.EndObject();
}

void put_context(JsonWriter& writer, const UserView& view) {
  put_key(writer, "context");
  writer.StartObject();
  const auto& values = view.state.context;
  for (std::size_t i = 0; i < std::min(values.size(), view.context_keys.size()); ++i) {
    if (values[i].empty()) continue;
    put_text(writer, view.context_keys[i]);  // Configured by people: any bytes.
    put_text(writer, values[i]);
  }
  writer.EndObject();
}

}  // namespace

std::string encode_user(const UserView& view) {
  rapidjson::StringBuffer buffer;
  JsonWriter writer(buffer);
  writer.StartObject();
  put_key(writer, "user_id");
  put_text(writer, view.user);
  put_key(writer, "partition");
  writer.Int(view.partition.value);
  put_key(writer, "offset");
  writer.Int64(view.offset.value);
  put_history(writer, view);
  put_bought(writer, view);
  put_disliked(writer, view);
  put_counts(writer, view.state);
  put_context(writer, view);
  put_key(writer, "session_count");
  writer.Uint(view.state.session_count);
  put_key(writer, "bot");
  writer.Bool(view.state.bot);
  writer.EndObject();
  return text_of(buffer);
}

}  // namespace freshet
