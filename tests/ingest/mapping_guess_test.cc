#include "ingest/mapping_guess.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ingest/event_decoder.h"
#include "ingest/field_names.h"

namespace freshet {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

/// A sample, its guess, and what the guess makes of it.
struct Sample {
  std::vector<std::string> records;

  MappingGuess guess() const {
    FieldSurvey survey;
    for (const std::string& record : records) survey.add(record);
    return guess_mapping(survey.facts(), survey.record_count());
  }

  /// Records that the guessed mapping reads as events.
  std::vector<Event> events() const {
    const MappingGuess guess = this->guess();
    IngestConfig config;
    config.mapping = guess.mapping;
    config.context = guess.context;
    EventDecoder decoder(config);
    std::vector<Event> events;
    for (const std::string& bytes : records) {
      Record record;
      record.value = bytes;
      const auto event = decoder.decode(record);
      if (!event) {
        ADD_FAILURE() << event.error().text << " in " << bytes;
        break;
      }
      if (event->has_value()) events.push_back(**event);
    }
    return events;
  }
};

/// 40 records by `make(k)`.
Sample sample_of(const std::function<std::string(int)>& make) {
  Sample sample;
  for (int k = 0; k < 40; ++k) sample.records.push_back(make(k));
  return sample;
}

constexpr std::int64_t kNoonMs = 1706702400000;

TEST(MappingGuess, ReadsFreshetsOwnShape) {
  const auto sample = sample_of([](int k) {
    return fmt::format(
        R"({{"event_id":"e{}","type":"{}","user_id":"u{}","session_id":"s{}","item_id":"sku-{}",)"
        R"("event_time":{},"context":{{"device":"{}","country":"FR","page":"p{}"}}}})",
        k == 39 ? 38 : k /* one is sent twice */, k % 4 == 0 ? "cart" : "click", k % 7, k % 9,
        k % 11, kNoonMs + k, k % 2 == 0 ? "phone" : "desktop", k % 3);
  });
  const MappingGuess guess = sample.guess();
  const EventMapping& m = guess.mapping;
  EXPECT_THAT(m.event_id, ElementsAre("event_id"));
  EXPECT_THAT(m.type, ElementsAre("type"));
  EXPECT_THAT(m.user_id, ElementsAre("user_id"));
  EXPECT_THAT(m.session_id, ElementsAre("session_id"));
  EXPECT_THAT(m.item_id, ElementsAre("item_id"));
  EXPECT_THAT(m.event_time, ElementsAre("event_time"));
  EXPECT_EQ(m.time_format, "auto");
  EXPECT_EQ(m.context, "context");
  EXPECT_THAT(guess.context, ElementsAre("device", "page")) << "a single country says nothing";
  EXPECT_THAT(guess.open, IsEmpty());
  EXPECT_EQ(sample.events().size(), 40U);
}

TEST(MappingGuess, ReadsGa4) {
  const char* const names[]{"page_view", "view_item", "add_to_cart", "purchase"};
  const auto sample = sample_of([&](int k) {
    return fmt::format(
        R"({{"event_name":"{}","event_timestamp":"{}","event_date":"20240131","user_id":null,)"
        R"("user_pseudo_id":"{}.77","event_params":[{{"key":"ga_session_id","value":)"
        R"({{"int_value":{}}}}},{{"key":"page_title","value":{{"string_value":"t{}"}}}}],)"
        R"("device":{{"category":"{}"}},"geo":{{"country":"{}"}},"items":[{{"item_id":"SKU_{}",)"
        R"("item_name":"n","price":20.5,"quantity":1}}]}})",
        names[k % 4], (kNoonMs + k) * 1000, k % 5, 1706702000 + k % 6, k,
        k % 2 == 0 ? "mobile" : "desktop", k % 3 == 0 ? "France" : "Spain", k % 8);
  });
  const MappingGuess guess = sample.guess();
  const EventMapping& m = guess.mapping;
  EXPECT_THAT(m.type, ElementsAre("event_name"));
  EXPECT_THAT(m.user_id, ElementsAre("user_pseudo_id"));
  EXPECT_THAT(m.session_id, ElementsAre("event_params[key=ga_session_id].value.int_value"));
  EXPECT_THAT(m.event_time, ElementsAre("event_timestamp"));
  EXPECT_EQ(m.time_format, "us");
  EXPECT_THAT(m.items, ElementsAre("items"));
  EXPECT_THAT(m.items_item_id, ElementsAre("item_id"));
  EXPECT_THAT(m.items_price, ElementsAre("price"));
  EXPECT_THAT(m.items_quantity, ElementsAre("quantity"));
  EXPECT_THAT(m.item_id, IsEmpty());
  EXPECT_THAT(guess.context, UnorderedElementsAre("device.category", "geo.country"));
  EXPECT_THAT(m.types, UnorderedElementsAre(Pair("page_view", "ignore"), Pair("view_item", "click"),
                                            Pair("add_to_cart", "cart"),
                                            Pair("purchase", "purchase"), Pair("*", "ignore")));
  EXPECT_THAT(guess.open, Contains(HasSubstr("page_view")));
  EXPECT_EQ(sample.events().size(), 30U);
}

TEST(MappingGuess, ReadsSegmentTracks) {
  const auto sample = sample_of([](int k) {
    const std::string head = fmt::format(
        R"({{"messageId":"m{}","anonymousId":"a{}","timestamp":"2024-01-31T12:00:{:02}.000Z",)"
        R"("originalTimestamp":"2024-01-31T12:00:{:02}.000Z","context":{{"locale":"{}"}},)",
        k, k % 6, k, k, k % 2 == 0 ? "fr-FR" : "de-DE");
    if (k % 4 == 0) return head + R"("type":"identify","traits":{"email":"a@b.c"}})";
    const std::string user = k % 2 == 0 ? fmt::format(R"("userId":"u{}",)", k % 5) : "";
    if (k % 4 == 1)
      return head + user +
             fmt::format(
                 R"("type":"track","event":"Order Completed","properties":{{"revenue":19.5,)"
                 R"("products":[{{"product_id":"p{}","price":9.5,"quantity":2}}]}}}})",
                 k % 7);
    return head + user +
           fmt::format(R"("type":"track","event":"Product Viewed","properties":{{"product_id":)"
                       R"("p{}","price":9.5}}}})",
                       k % 7);
  });
  const MappingGuess guess = sample.guess();
  const EventMapping& m = guess.mapping;
  EXPECT_THAT(m.event_id, ElementsAre("messageId"));
  EXPECT_THAT(m.type, ElementsAre("event", "type"));
  EXPECT_THAT(m.user_id, ElementsAre("userId"));
  EXPECT_THAT(m.anonymous_id, ElementsAre("anonymousId"));
  EXPECT_THAT(m.event_time, ElementsAre("timestamp"));
  EXPECT_THAT(m.item_id, ElementsAre("properties.product_id"));
  EXPECT_THAT(m.items, ElementsAre("properties.products"));
  EXPECT_THAT(m.items_item_id, ElementsAre("product_id"));
  EXPECT_THAT(m.value, ElementsAre("properties.revenue"));
  EXPECT_THAT(m.price, ElementsAre("properties.price"));
  EXPECT_THAT(m.types, Contains(Pair("Order Completed", "purchase")));
  EXPECT_THAT(m.types, Contains(Pair("Product Viewed", "click")));
  EXPECT_EQ(m.context, "context");
  EXPECT_EQ(sample.events().size(), 30U);
}

TEST(MappingGuess, ReadsAShopifyPixel) {
  const auto sample = sample_of([](int k) {
    const std::string head = fmt::format(
        R"({{"id":"sh-{}","clientId":"c{}","timestamp":"2024-01-31T12:00:{:02}Z",)", k, k % 6, k);
    if (k % 3 == 0)
      return head + fmt::format(R"("name":"product_added_to_cart","data":{{"cartLine":)"
                                R"({{"quantity":1,"merchandise":{{"product":{{"id":"{}"}}}}}}}}}})",
                                700 + k % 9);
    return head + fmt::format(R"("name":"product_viewed","data":{{"productVariant":{{"price":)"
                              R"({{"amount":9.5}},"product":{{"id":"{}","title":"Kettle"}}}}}}}})",
                              700 + k % 9);
  });
  const EventMapping m = sample.guess().mapping;
  EXPECT_THAT(m.event_id, ElementsAre("id"));
  EXPECT_THAT(m.type, ElementsAre("name"));
  EXPECT_THAT(m.user_id, ElementsAre("clientId"));
  EXPECT_THAT(m.item_id, UnorderedElementsAre("data.productVariant.product.id",
                                              "data.cartLine.merchandise.product.id"));
  EXPECT_THAT(m.price, ElementsAre("data.productVariant.price.amount"));
  EXPECT_EQ(sample.events().size(), 40U);
}

TEST(MappingGuess, ReadsRetailRocketRows) {
  const auto sample = sample_of([](int k) {
    return fmt::format(
        R"({{"timestamp":{},"visitorid":{},"event":"{}","itemid":{},"transactionid":{}}})",
        1433221332117 + k * 1000, 257597 + k % 6, k % 5 == 0 ? "transaction" : "view",
        355908 + k % 9, k % 5 == 0 ? std::to_string(k) : "null");
  });
  const MappingGuess guess = sample.guess();
  EXPECT_THAT(guess.mapping.user_id, ElementsAre("visitorid"));
  EXPECT_THAT(guess.mapping.item_id, ElementsAre("itemid"));
  EXPECT_THAT(guess.mapping.types,
              UnorderedElementsAre(Pair("view", "click"), Pair("transaction", "purchase")));
  EXPECT_THAT(guess.mapping.event_id, IsEmpty());
  EXPECT_THAT(guess.open, ElementsAre(HasSubstr("event_id")));
  EXPECT_EQ(sample.events().size(), 40U);
}

TEST(MappingGuess, ReadsSnowplow) {
  const auto sample = sample_of([](int k) {
    return fmt::format(
        R"({{"app_id":"web","event_id":"6f-{}","collector_tstamp":"2024-01-31 12:00:{:02}.123",)"
        R"("derived_tstamp":"2024-01-31 12:00:{:02}.100","event":"unstruct","event_name":"{}",)"
        R"("domain_userid":"d{}","domain_sessionid":"ses{}","dvce_type":"{}",)"
        R"("contexts_product":[{{"sku":"k{}"}}],"product":{{"sku":"k{}","quantity":1}}}})",
        k, k, k, k % 3 == 0 ? "add_to_cart" : "product_view", k % 6, k % 8,
        k % 2 == 0 ? "Mobile" : "Computer", k % 9, k % 9);
  });
  const EventMapping m = sample.guess().mapping;
  EXPECT_THAT(m.type, ElementsAre("event_name"));
  EXPECT_THAT(m.user_id, ElementsAre("domain_userid"));
  EXPECT_THAT(m.session_id, ElementsAre("domain_sessionid"));
  EXPECT_THAT(m.event_time, ElementsAre("derived_tstamp"));
  EXPECT_EQ(m.time_format, "%Y-%m-%d %H:%M:%E*S");
  EXPECT_THAT(m.item_id, ElementsAre("product.sku"));
  EXPECT_EQ(sample.events().size(), 40U);
}

TEST(MappingGuess, TellsTheUnitsOfTimeApart) {
  for (const auto& [first, format] : std::vector<std::pair<std::string, std::string>>{
           {"1706702400", "s"}, {"1706702400000", "auto"}, {"1706702400000000", "us"}}) {
    const auto sample =
        sample_of([&](int k) { return fmt::format(R"({{"ts":{},"n":{}}})", first, k); });
    EXPECT_EQ(sample.guess().mapping.time_format, format);
    EXPECT_THAT(sample.guess().mapping.event_time, ElementsAre("ts"));
  }
}

TEST(MappingGuess, TakesNoFieldByItsNameAlone) {
  const auto sample = sample_of([](int k) {
    return fmt::format(R"({{"event_time":"soon","price":"cheap","user_id":{}.5,"event_id":"same",)"
                       R"("type":"free text number {}","item_id":"one"}})",
                       k, k);
  });
  const MappingGuess guess = sample.guess();
  EXPECT_THAT(guess.mapping.event_time, IsEmpty());
  EXPECT_THAT(guess.mapping.price, IsEmpty());
  EXPECT_THAT(guess.mapping.event_id, IsEmpty());
  EXPECT_THAT(guess.mapping.type, IsEmpty());
  EXPECT_EQ(guess.mapping.default_type, "click");
  for (const char* what : {"event_time", "type", "item_id", "user_id", "event_id"})
    EXPECT_THAT(guess.open, Contains(HasSubstr(what)));
}

TEST(FieldSurvey, SurvivesHostileRecords) {
  FieldSurvey survey;
  EXPECT_NE(survey.add(""), "");
  EXPECT_NE(survey.add("[1]"), "");
  EXPECT_NE(survey.add("\xFF"), "");
  EXPECT_EQ(
      survey.add(R"({"a.b":1,"c[":2,"":3,"ok":null,"x":[[1,[2]]],"y":[{"key":"k.1","v":2}]})"), "");
  std::string deep = "1";
  for (int k = 0; k < 300; ++k) deep = "{\"a\":" + deep + "}";
  EXPECT_EQ(survey.add(deep), "");
  for (int k = 0; k < 1000; ++k) survey.add(fmt::format(R"({{"field{}":1}})", k));
  EXPECT_LE(survey.facts().size(), FieldSurvey::kFieldsMax);
  EXPECT_THAT(survey.unreachable(), Contains("a.b"));
  for (const FieldFacts& field : survey.facts())
    EXPECT_EQ(field.present.size(), survey.record_count());
  EXPECT_THAT(guess_mapping({}, 0).open, Contains(HasSubstr("item_id")));
}

TEST(FieldNames, PreferNamesThatAreMeantForNothingElse) {
  EXPECT_GT(name_score(FieldRole::kUser, "user.id"), 0);
  EXPECT_GT(name_score(FieldRole::kUser, "userId"), name_score(FieldRole::kUser, "data.userId"));
  EXPECT_GT(name_score(FieldRole::kItem, "item_id"), name_score(FieldRole::kItem, "product"));
  EXPECT_EQ(name_score(FieldRole::kUser, "item_id"), 0);
  EXPECT_EQ(guess_action("Add-To-Cart"), Action::kCart);
  EXPECT_EQ(guess_action("scroll"), std::nullopt);
}

}  // namespace
}  // namespace freshet
