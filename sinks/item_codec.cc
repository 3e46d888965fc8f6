#include "sinks/item_codec.h"

#include "sinks/json_text.h"
#include "sinks/list_json.h"

namespace freshet {
namespace {

void put_known(JsonWriter& writer, const char* name, const std::string& text) {
  if (text.empty()) return;
  put_key(writer, name);
  put_text(writer, text);
}

void put_price(JsonWriter& writer, double price) {  // 0 = unknown.
  put_key(writer, "price");
  put_number(writer, price > 0 ? std::optional(price) : std::nullopt);
}

void put_texts(JsonWriter& writer, const char* name, const std::vector<std::string>& texts) {
  put_key(writer, name);
  writer.StartArray();
  for (const std::string& text : texts) put_text(writer, text);
  writer.EndArray();
}

void put_description(JsonWriter& writer, const ItemUpdate& item) {
  put_known(writer, "title", item.title);
  std::string category;
  for (const std::string& part : item.category)
    category.append(category.empty() ? "" : "/").append(part);
  put_known(writer, "category", category);
  put_known(writer, "brand", item.brand);
  put_price(writer, item.price);
  put_texts(writer, "tags", item.tags);
  put_key(writer, "updated_time");
  if (item.updated_time != EventTime{}) {
    writer.Int64(item.updated_time.time_since_epoch().count());
  } else {
    writer.Null();
  }
}

void put_figures(JsonWriter& writer, const ItemFigures& figures) {
  put_key(writer, "available");
  writer.Bool(figures.available);
  put_key(writer, "popularity_rank");
  put_count(writer, figures.popularity_rank);
  put_key(writer, "share");
  put_number(writer, figures.share);
  put_key(writer, "trend");
  put_number(writer, figures.trend);
  put_key(writer, "seen_times");
  writer.Uint(figures.seen_times);
}

void put_item(JsonWriter& writer, const ItemFigures& figures) {
  writer.StartObject();
  put_key(writer, "item_id");
  put_text(writer, figures.item.name);
  put_description(writer, figures.item);
  put_figures(writer, figures);
  writer.EndObject();
}

void put_bundle_item(JsonWriter& writer, const BundleItem& item, const TitleOf& title_of) {
  writer.StartObject();
  put_key(writer, "item_id");
  put_text(writer, item.name);
  if (title_of) put_known(writer, "title", title_of({.id = item.id, .name = item.name}));
  put_price(writer, item.price);
  put_key(writer, "lift");
  put_number(writer, item.lift);
  put_key(writer, "confidence");
  put_number(writer, item.confidence);
  put_key(writer, "support");
  put_number(writer, item.support);
  put_texts(writer, "because_of", item.because_of);
  writer.EndObject();
}

}  // namespace

std::string encode_item(const ItemFigures& item) {
  rapidjson::StringBuffer buffer;
  JsonWriter writer(buffer);
  put_item(writer, item);
  return text_of(buffer);
}

std::string encode_items(const ItemPage& page) {
  rapidjson::StringBuffer buffer;
  JsonWriter writer(buffer);
  writer.StartObject();
  put_key(writer, "items");
  writer.StartArray();
  for (const ItemFigures& item : page.items) put_item(writer, item);
  writer.EndArray();
  put_key(writer, "total");
  writer.Uint64(page.total);
  put_texts(writer, "categories", page.categories);
  writer.EndObject();
  return text_of(buffer);
}

std::string encode_relations(const ItemRelations& relations, EventTime published_time) {
  rapidjson::StringBuffer buffer;
  JsonWriter writer(buffer);
  writer.StartObject();
  put_key(writer, "item_id");
  put_text(writer, relations.name);
  put_items(writer, "related", relations.related, nullptr);
  put_key(writer, "bundle");
  writer.StartArray();
  for (const BundleItem& item : relations.bundle.items) put_bundle_item(writer, item, nullptr);
  writer.EndArray();
  put_key(writer, "model_version");
  writer.Uint64(relations.model_version.value);
  put_key(writer, "published_time");
  writer.Int64(published_time.time_since_epoch().count());
  writer.EndObject();
  return text_of(buffer);
}

std::string encode_bundle(const Bundle& bundle, const TitleOf& title_of) {
  rapidjson::StringBuffer buffer;
  JsonWriter writer(buffer);
  writer.StartObject();
  put_texts(writer, "basket", bundle.basket);
  put_key(writer, "items");
  writer.StartArray();
  for (const BundleItem& item : bundle.items) put_bundle_item(writer, item, title_of);
  writer.EndArray();
  put_key(writer, "price");
  put_number(writer, bundle.price);
  writer.EndObject();
  return text_of(buffer);
}

}  // namespace freshet
