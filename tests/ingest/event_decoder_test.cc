#include "ingest/event_decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace freshet {
namespace {

using testing::ElementsAre;

using Decoded = tl::expected<std::optional<Event>, BadRecord>;

constexpr std::int64_t kNoon = 1706702400000;  // 2024-01-31T12:00:00Z

Record record_of(std::string_view value) {
  Record record;
  record.value = value;
  return record;
}

Decoded decode(const IngestConfig& config, std::string_view value) {
  return EventDecoder{config}.decode(record_of(value));
}

Event event_of(const Decoded& decoded) {
  if (!decoded) {
    ADD_FAILURE() << decoded.error().text;
    return {};
  }
  if (!*decoded) {
    ADD_FAILURE() << "nothing decoded";
    return {};
  }
  return **decoded;
}

std::int64_t epoch_ms(const Event& event) { return event.event_time.time_since_epoch().count(); }

TEST(EventDecoder, ReadsTheDefaultFormat) {
  const Event event = event_of(decode({}, R"({"event_id":"e1","type":"purchase","user_id":"u1",
    "session_id":7,"items":[{"item_id":"a","quantity":2,"price":1.5},{"item_id":"b"}],
    "event_time":"2024-01-31T12:00:00.250Z","context":{"device":"phone","page":3},"value":"3.5"})"));

  EXPECT_NE(event.event_id, 0u);
  EXPECT_EQ(event.action, Action::kPurchase);
  EXPECT_FALSE(event.cancels);
  EXPECT_EQ(event.user, "u1");
  EXPECT_EQ(event.session, "7");
  ASSERT_EQ(event.items.size(), 2u);
  EXPECT_EQ(event.items[0].id, item_id_of("a"));
  EXPECT_EQ(event.items[0].quantity, 2);
  EXPECT_EQ(event.items[0].price, 1.5);
  EXPECT_EQ(event.items[1].name, "b");
  EXPECT_EQ(event.items[1].quantity, 1);
  EXPECT_EQ(epoch_ms(event), kNoon + 250);
  EXPECT_EQ(event.value, 3.5);
  EXPECT_THAT(event.context, ElementsAre("phone", "", "3"));
}

TEST(EventDecoder, ReadsAllSixActions) {
  EventDecoder decoder{IngestConfig{}};
  for (std::size_t i = 0; i < kActionCount; ++i) {
    const auto action = static_cast<Action>(i);
    const std::string value = R"({"type":")" + std::string(to_string(action)) +
                              R"(","user_id":"u","item_id":"i","event_time":1706702400000})";
    EXPECT_EQ(event_of(decoder.decode(record_of(value))).action, action);
  }
}

TEST(EventDecoder, AcceptsNumbersAsTextAndIdsAsNumbers) {
  const Event event = event_of(decode({}, R"({"type":"cart","user_id":17850.0,
    "item_id":18446744073709551615,"quantity":"2","price":"4.25","event_time":"1706702400000"})"));

  EXPECT_EQ(event.user, "17850");
  EXPECT_EQ(event.items.front().name, "18446744073709551615");
  EXPECT_EQ(event.items.front().quantity, 2);
  EXPECT_EQ(event.items.front().price, 4.25);
  EXPECT_EQ(epoch_ms(event), kNoon);
}

TEST(EventDecoder, TakesBareIdsAsItems) {
  const Event event = event_of(decode({}, R"({"type":"impression","user_id":"u","items":["a",7],
    "event_time":1706702400000})"));

  ASSERT_EQ(event.items.size(), 2u);
  EXPECT_EQ(event.items[0].name, "a");
  EXPECT_EQ(event.items[1].name, "7");
}

TEST(EventDecoder, ReadsTheJsonThatASchemaRegistrySerializerFramed) {
  const std::string framed =
      std::string("\0\0\0\0\x2A", 5) +
      R"({"type":"click","user_id":"u","item_id":"i","event_time":1706702400000})";
  const Event event = event_of(decode({}, framed));

  EXPECT_EQ(event.user, "u");
  EXPECT_EQ(epoch_ms(event), kNoon);
}

TEST(EventDecoder, ReadsTheTimeWithItsZone) {
  const Event event = event_of(decode({}, R"({"type":"click","user_id":"u","item_id":"i",
    "event_time":"2024-01-31T14:30:00+02:30"})"));

  EXPECT_EQ(epoch_ms(event), kNoon);
}

TEST(EventDecoder, PassesOverTombstones) {
  const auto decoded = EventDecoder{IngestConfig{}}.decode(Record{});

  ASSERT_TRUE(decoded);
  EXPECT_FALSE(decoded->has_value());
}

// --- other people's clickstreams; the same snippets stand in docs/events.md ---

IngestConfig ga4() {
  IngestConfig config;
  EventMapping& m = config.mapping;
  m.type = {"event_name"};
  m.user_id = {"user_id"};
  m.anonymous_id = {"user_pseudo_id"};
  m.session_id = {"event_params[key=ga_session_id].value.int_value"};
  m.event_time = {"event_timestamp"};
  m.time_format = "us";
  m.value = {"ecommerce.purchase_revenue"};
  m.context = "";
  m.types = {{"view_item_list", "impression"}, {"view_item", "click"},      {"add_to_cart", "cart"},
             {"purchase", "purchase"},         {"add_to_wishlist", "like"}, {"*", "ignore"}};
  config.context = {"device.category", "geo.country"};
  return config;
}

TEST(EventDecoder, ReadsGa4) {
  const Event event = event_of(decode(ga4(), R"({"event_name":"add_to_cart",
    "event_timestamp":"1706702400123456","user_pseudo_id":"1234.5678","user_id":null,
    "event_params":[{"key":"page_location","value":{"string_value":"https://shop.example/a"}},
                    {"key":"ga_session_id","value":{"int_value":"1706702000"}}],
    "device":{"category":"mobile"},"geo":{"country":"France"},
    "items":[{"item_id":"SKU_1","item_name":"Shirt","price":20.5,"quantity":1},
             {"item_id":"SKU_2","price":3,"quantity":2}]})"));

  EXPECT_EQ(event.action, Action::kCart);
  EXPECT_EQ(event.user, "anonymous:1234.5678");
  EXPECT_EQ(event.session, "1706702000");
  EXPECT_EQ(epoch_ms(event), kNoon + 123);
  ASSERT_EQ(event.items.size(), 2u);
  EXPECT_EQ(event.items[1].name, "SKU_2");
  EXPECT_EQ(event.items[1].quantity, 2);
  EXPECT_EQ(event.items[0].price, 20.5);
  EXPECT_THAT(event.context, ElementsAre("mobile", "France"));
}

TEST(EventDecoder, IgnoresTypesCalledIgnore) {
  const auto decoded = decode(ga4(), R"({"event_name":"scroll"})");

  ASSERT_TRUE(decoded) << decoded.error().text;
  EXPECT_FALSE(decoded->has_value());
}

IngestConfig segment() {
  IngestConfig config;
  EventMapping& m = config.mapping;
  m.event_id = {"messageId"};
  m.type = {"event", "type"};
  m.user_id = {"userId"};
  m.anonymous_id = {"anonymousId"};
  m.session_id = {"properties.session_id"};
  m.event_time = {"originalTimestamp", "timestamp"};
  m.item_id = {"properties.product_id", "properties.sku"};
  m.quantity = {"properties.quantity"};
  m.price = {"properties.price"};
  m.value = {"properties.revenue", "properties.value"};
  m.items = {"properties.products"};
  m.items_item_id = {"product_id", "sku"};
  m.types = {{"Product List Viewed", "impression"},
             {"Product Viewed", "click"},
             {"Product Added", "cart"},
             {"Order Completed", "purchase"},
             {"*", "ignore"}};
  config.context = {"device.type", "locale", "page.path"};
  return config;
}

TEST(EventDecoder, ReadsSegmentWithOneProduct) {
  const Event event = event_of(decode(segment(), R"({"type":"track","event":"Product Viewed",
    "messageId":"m-1","userId":"u9","anonymousId":"a1","timestamp":"2024-01-31T12:00:00.000Z",
    "context":{"device":{"type":"ios"},"locale":"fr-FR","page":{"path":"/p/507"}},
    "properties":{"product_id":"507f1f77","sku":"G-32","price":18.99,"quantity":1}})"));

  EXPECT_EQ(event.action, Action::kClick);
  EXPECT_EQ(event.user, "u9");
  EXPECT_EQ(event.items.front().name, "507f1f77");
  EXPECT_EQ(event.items.front().price, 18.99);
  EXPECT_THAT(event.context, ElementsAre("ios", "fr-FR", "/p/507"));
}

TEST(EventDecoder, ReadsSegmentWithSeveralProducts) {
  const Event event = event_of(decode(segment(), R"({"type":"track","event":"Order Completed",
    "anonymousId":"a1","timestamp":"2024-01-31T12:00:00.000Z","properties":{"revenue":25.00,
    "products":[{"product_id":"x","quantity":2,"price":10},{"sku":"y","price":5}]}})"));

  EXPECT_EQ(event.action, Action::kPurchase);
  EXPECT_EQ(event.user, "anonymous:a1");
  EXPECT_EQ(event.value, 25);
  ASSERT_EQ(event.items.size(), 2u);
  EXPECT_EQ(event.items[0].quantity, 2);
  EXPECT_EQ(event.items[1].name, "y");
}

// An invoice list: one line per item, returns by an invoice number that begins with C.
IngestConfig invoices() {
  IngestConfig config;
  config.format = "csv";
  config.csv_columns = {"Invoice",     "StockCode", "Description", "Quantity",
                        "InvoiceDate", "Price",     "Customer ID", "Country"};
  EventMapping& m = config.mapping;
  m.default_type = "purchase";
  m.user_id = {"Customer ID"};
  m.anonymous_id = {"Invoice"};
  m.session_id = {"Invoice"};
  m.item_id = {"StockCode"};
  m.quantity = {"Quantity"};
  m.price = {"Price"};
  m.event_time = {"InvoiceDate"};
  m.time_format = "%Y-%m-%d %H:%M:%S";
  m.cancel_prefix = "C";
  m.context = "";
  config.context = {"Country"};
  return config;
}

TEST(EventDecoder, ReadsCsvByItsHeadings) {
  const Event event = event_of(decode(
      invoices(),
      R"(489434,85048,"15CM ""GLASS"" BALL, 20 LIGHTS",12,2024-01-31 12:00:00,6.95,13085.0,France)"));

  EXPECT_EQ(event.action, Action::kPurchase);
  EXPECT_FALSE(event.cancels);
  EXPECT_EQ(event.user, "13085.0");
  EXPECT_EQ(event.session, "489434");
  EXPECT_EQ(event.items.front().name, "85048");
  EXPECT_EQ(event.items.front().quantity, 12);
  EXPECT_EQ(event.items.front().price, 6.95);
  EXPECT_EQ(epoch_ms(event), kNoon);
  EXPECT_THAT(event.context, ElementsAre("France"));
}

TEST(EventDecoder, PutsTheInvoiceInPlaceOfAMissingUser) {
  const Event event =
      event_of(decode(invoices(), "489435,22350,CAT BOWL,1,2024-01-31 12:00:00,2.55,,France"));

  EXPECT_EQ(event.user, "anonymous:489435");
}

TEST(EventDecoder, TakesCancelPrefixAsCancellation) {
  const Event event =
      event_of(decode(invoices(), "C489449,22087,PAPER,-12,2024-01-31 12:00:00,2.95,16321,France"));

  EXPECT_TRUE(event.cancels);
  EXPECT_EQ(event.items.front().quantity, 12);
}

TEST(EventDecoder, ReadsTwoColumnsWithBlanks) {
  IngestConfig config;
  config.format = "csv";
  config.csv_columns = {"session", "item", "time"};
  config.csv_delimiter = ' ';
  config.mapping.default_type = "click";
  config.mapping.user_id = {"session"};
  config.mapping.item_id = {"item"};
  config.mapping.event_time = {"time"};
  config.mapping.time_format = "s";

  const Event event = event_of(decode(config, "17 4242 1706702400"));

  EXPECT_EQ(event.user, "17");
  EXPECT_EQ(event.items.front().name, "4242");
  EXPECT_EQ(epoch_ms(event), kNoon);
}

TEST(EventDecoder, TakesTheLogsTimeWhereTheMappingNamesNone) {
  IngestConfig config;
  config.mapping.event_time = {};
  Record record = record_of(R"({"type":"click","user_id":"u","item_id":"i"})");
  record.timestamp = EventTime{std::chrono::milliseconds{kNoon}};

  EXPECT_EQ(epoch_ms(event_of(EventDecoder{config}.decode(record))), kNoon);
  record.timestamp.reset();
  EXPECT_FALSE(EventDecoder{config}.decode(record));
}

TEST(EventDecoder, TakesNegativeQuantityAsCancellationWhenAsked) {
  IngestConfig config;
  config.mapping.negative_quantity_cancels = true;
  const Event event = event_of(decode(config, R"({"type":"purchase","user_id":"u","item_id":"i",
    "quantity":-3,"value":-9,"event_time":1706702400000})"));

  EXPECT_TRUE(event.cancels);
  EXPECT_EQ(event.items.front().quantity, 3);
  EXPECT_EQ(event.value, 9);
}

TEST(EventDecoder, KeepsWorkingAfterABadRecord) {
  EventDecoder json{IngestConfig{}};
  EXPECT_FALSE(json.decode(record_of("{")));
  EXPECT_TRUE(json.decode(
      record_of(R"({"type":"click","user_id":"u","item_id":"i","event_time":1706702400000})")));

  EventDecoder csv{invoices()};
  EXPECT_FALSE(csv.decode(record_of(R"(1,2,"open quote)")));
  EXPECT_TRUE(csv.decode(record_of("489435,22350,CAT BOWL,1,2024-01-31 12:00:00,2.55,,France")));
}

}  // namespace
}  // namespace freshet
