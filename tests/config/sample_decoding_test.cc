// The sample mappings read the events that they are for.

#include <gmock/gmock.h>

#include "config/config.h"
#include "ingest/event_decoder.h"

namespace freshet {
namespace {

using testing::ElementsAre;

/// Decodes `text` by the mapping of config/`name`.yaml; empty = a dead letter or ignored.
std::optional<Event> decode(const std::string& name, std::string_view text) {
  const auto config = load_config_file(FRESHET_SOURCE_DIR "/config/" + name + ".yaml");
  EXPECT_TRUE(config) << config.error().text;
  Record record;
  record.value = text;
  record.timestamp = EventTime(std::chrono::milliseconds(1'710'000'000'000));
  auto event = EventDecoder(config->ingest).decode(record);
  EXPECT_TRUE(event) << event.error().text;
  return event ? *std::move(event) : std::nullopt;
}

TEST(SampleMappings, ReadGoogleAnalytics) {
  const auto event = decode("ga4", R"({"event_name":"purchase","event_timestamp":1706702400250000,
    "user_pseudo_id":"p.1","event_params":[{"key":"ga_session_id","value":{"int_value":77}}],
    "device":{"category":"mobile"},"geo":{"country":"DE"},
    "ecommerce":{"transaction_id":"t1","purchase_revenue":9.5},
    "items":[{"item_id":"a","quantity":2,"price":3}]})");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->action, Action::kPurchase);
  EXPECT_EQ(event->user, "anonymous:p.1");
  EXPECT_EQ(event->session, "77");
  EXPECT_EQ(event->event_time.time_since_epoch().count(), 1'706'702'400'250);
  EXPECT_EQ(event->value, 9.5);
  ASSERT_EQ(event->items.size(), 1u);
  EXPECT_EQ(event->items[0].quantity, 2);
  EXPECT_THAT(event->context, ElementsAre("mobile", "DE"));
  EXPECT_FALSE(decode("ga4", R"({"event_name":"scroll"})"));
}

TEST(SampleMappings, ReadSegment) {
  const auto event = decode("segment", R"({"type":"track","event":"Product Viewed","userId":"x",
    "messageId":"m","timestamp":"2024-01-31T12:00:00.250Z","properties":{"product_id":"a"},
    "context":{"locale":"de","page":{"path":"/x"},"device":{"type":"ios"}}})");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->action, Action::kClick);
  EXPECT_EQ(event->items[0].name, "a");
  EXPECT_THAT(event->context, ElementsAre("ios", "de", "/x"));
  EXPECT_FALSE(decode("segment", R"({"type":"identify","userId":"x"})"));
}

TEST(SampleMappings, ReadOnlineRetail) {
  const auto bought =
      decode("online-retail", "536365,85123A,\"A, B\",6,2010-12-01 08:26:00,2.55,17850.0,France");
  ASSERT_TRUE(bought);
  EXPECT_EQ(bought->action, Action::kPurchase);
  EXPECT_EQ(bought->user, "17850.0");
  EXPECT_EQ(bought->items[0].quantity, 6);
  EXPECT_FALSE(bought->cancels);
  EXPECT_THAT(bought->context, ElementsAre("France"));
  const auto returned = decode("online-retail", "C536379,D,X,-1,2010-12-01 09:41:00,27.5,,France");
  ASSERT_TRUE(returned);
  EXPECT_TRUE(returned->cancels);
  EXPECT_EQ(returned->user, "invoice:C536379");
}

TEST(SampleMappings, ReadSessionRowsAtTheTimeOfTheLog) {
  const auto event = decode("session-item", "10 262692");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->action, Action::kClick);
  EXPECT_EQ(event->user, "10");
  EXPECT_EQ(event->items[0].name, "262692");
  EXPECT_EQ(event->event_time.time_since_epoch().count(), 1'710'000'000'000);
}

}  // namespace
}  // namespace freshet
