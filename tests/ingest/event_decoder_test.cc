#include "ingest/event_decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace freshet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(EventDecoder, ReadsTheDefaultFormat) {
  EventDecoder decoder{IngestConfig{}};
  Record record;
  record.value = R"({"event_id":"e1","type":"purchase","user_id":"u1","session_id":7,
    "items":[{"item_id":"a","quantity":2,"price":1.5},{"item_id":"b"}],
    "event_time":"2024-01-31T12:00:00.250Z","context":{"device":"phone","page":3},"value":"3.5"})";

  const auto decoded = decoder.decode(record);

  ASSERT_TRUE(decoded) << decoded.error().text;
  ASSERT_TRUE(decoded->has_value());
  const Event& event = **decoded;
  EXPECT_NE(event.event_id, 0u);
  EXPECT_EQ(event.action, Action::kPurchase);
  EXPECT_EQ(event.user, "u1");
  EXPECT_EQ(event.session, "7");
  ASSERT_EQ(event.items.size(), 2u);
  EXPECT_EQ(event.items[0].id, item_id_of("a"));
  EXPECT_EQ(event.items[0].quantity, 2);
  EXPECT_EQ(event.items[0].price, 1.5);
  EXPECT_EQ(event.items[1].name, "b");
  EXPECT_EQ(event.items[1].quantity, 1);
  EXPECT_EQ(event.event_time.time_since_epoch().count(), 1706702400250);
  EXPECT_EQ(event.value, 3.5);
  EXPECT_THAT(event.context, ElementsAre("phone", "", "3"));
}

}  // namespace
}  // namespace freshet
