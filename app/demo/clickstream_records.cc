#include "app/demo/clickstream_records.h"

#include <fmt/format.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cmath>

namespace freshet {
namespace {

using Buffer = rapidjson::StringBuffer;
using Writer = rapidjson::Writer<Buffer>;

void put(Writer& writer, std::string_view text) {
  writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void put(Writer& writer, std::string_view name, std::string_view text) {
  put(writer, name);
  put(writer, text);
}

void put(Writer& writer, std::string_view name, double number) {
  put(writer, name);
  writer.Double(number);
}

double rounded_to_cents(double amount) { return std::round(amount * 100) / 100; }

// "item_id" of a single thing, "items" of a list; purchases always say what was paid for how many.
void put_lines(Writer& writer, const GeneratedEvent& event) {
  const bool paid = event.action == Action::kPurchase;
  if (event.lines.size() == 1 && !paid) {
    put(writer, "item_id", event.lines[0].item);
    return;
  }
  double value = 0;
  put(writer, "items");
  writer.StartArray();
  for (const GeneratedEvent::Line& line : event.lines) {
    writer.StartObject();
    put(writer, "item_id", line.item);
    if (paid) {
      put(writer, "quantity");
      writer.Int(line.quantity);
      put(writer, "price", line.price);
      value += line.price * line.quantity;
    }
    writer.EndObject();
  }
  writer.EndArray();
  if (paid) put(writer, "value", rounded_to_cents(value));
}

// Puts `after` in the place of the first `before`, which must be there.
std::string replaced(std::string text, std::string_view before, std::string_view after) {
  return text.replace(text.find(before), before.size(), after);
}

std::int64_t to_ms(EventTime time) { return time.time_since_epoch().count(); }

}  // namespace

std::string event_json(const GeneratedEvent& event) {
  Buffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  put(writer, "event_id", event.event_id);
  put(writer, "type", to_string(event.action));
  put(writer, "user_id", event.user);
  put(writer, "session_id", event.session);
  put_lines(writer, event);
  put(writer, "event_time");
  writer.Int64(to_ms(event.event_time));
  put(writer, "context");
  writer.StartObject();
  put(writer, "device", event.device);
  put(writer, "country", event.country);
  put(writer, "page", event.page);
  writer.EndObject();
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

std::string item_json(const GeneratedProduct& product, EventTime updated_time) {
  Buffer buffer;
  Writer writer(buffer);
  const auto path = ClickstreamCatalogue::category_path(product.category);
  writer.StartObject();
  put(writer, "item_id", product.name);
  put(writer, "title", product.title);
  put(writer, "category");
  writer.StartArray();
  for (std::string_view step : path) put(writer, step);
  writer.EndArray();
  put(writer, "brand", product.brand);
  put(writer, "price", product.price);
  put(writer, "tags");
  writer.StartArray();
  put(writer, product.price < 25 ? "affordable" : product.price < 250 ? "mid-range" : "premium");
  writer.EndArray();
  put(writer, "available");
  writer.Bool(product.available);
  put(writer, "updated_time");
  writer.Int64(to_ms(updated_time));
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

std::string broken_json(const GeneratedEvent& event, BrokenKind kind) {
  const std::string good = event_json(event);
  const std::string user = fmt::format("\"user_id\":\"{}\"", event.user);
  const std::string time = fmt::format("\"event_time\":{}", to_ms(event.event_time));
  switch (kind) {
    case BrokenKind::kTruncated:
      return good.substr(0, good.size() / 2);
    case BrokenKind::kNotJson:
      return fmt::format("user={} type={}", event.user, to_string(event.action));
    case BrokenKind::kUnknownAction:
      return replaced(good, fmt::format("\"type\":\"{}\"", to_string(event.action)),
                      "\"type\":\"teleport\"");
    case BrokenKind::kNoUser:
      return replaced(good, user + ",", "");
    case BrokenKind::kTimeInSeconds:
      return replaced(good, time, fmt::format("\"event_time\":{}", to_ms(event.event_time) / 1000));
    case BrokenKind::kFarFuture:
      return replaced(good, time, "\"event_time\":\"2999-12-31T23:59:59Z\"");
    case BrokenKind::kInvalidUtf8:
      return replaced(good, user, "\"user_id\":\"\xc3\x28\"");
    case BrokenKind::kNegativeQuantity:
      return replaced(good, user, user + ",\"quantity\":-3");
    case BrokenKind::kWrongType:
      return replaced(good, user, "\"user_id\":{\"id\":1}");
    case BrokenKind::kTooLongId:
      return replaced(good, user, fmt::format("\"user_id\":\"{:x<4000}\"", "u"));
  }
  return good;
}

}  // namespace freshet
