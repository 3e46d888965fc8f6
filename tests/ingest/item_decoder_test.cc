#include "ingest/item_decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ingest/event.h"

namespace freshet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

tl::expected<ItemUpdate, BadRecord> decode(std::optional<std::string_view> value,
                                           std::string_view key = "") {
  ItemDecoder decoder{IngestConfig{}, 3};
  Record record;
  record.key = key;
  record.value = value;
  return decoder.decode(record);
}

TEST(ItemDecoder, ReadsEveryField) {
  const auto item = decode(R"({"item_id":"i1","title":"Shirt","category":["clothes","shirts"],
    "brand":"Acme","price":"19.5","tags":["red","summer"],"available":false,
    "embedding":[0.5,-1,2e-3],"attributes":{"size":"M","weight":0.2,"care":["30","no iron"]},
    "updated_time":"2024-01-31T12:00:00Z","unknown":{}})");

  ASSERT_TRUE(item) << item.error().text;
  EXPECT_EQ(item->id, item_id_of("i1"));
  EXPECT_EQ(item->name, "i1");
  EXPECT_FALSE(item->removed);
  EXPECT_EQ(item->title, "Shirt");
  EXPECT_THAT(item->category, ElementsAre("clothes", "shirts"));
  EXPECT_EQ(item->brand, "Acme");
  EXPECT_EQ(item->price, 19.5);
  EXPECT_THAT(item->tags, ElementsAre("red", "summer"));
  EXPECT_FALSE(item->available);
  EXPECT_THAT(item->embedding, ElementsAre(0.5f, -1.0f, 2e-3f));
  EXPECT_THAT(item->attributes, ElementsAre(Pair("size", "M"), Pair("weight", "0.2"),
                                            Pair("care", R"(["30","no iron"])")));
  EXPECT_EQ(item->updated_time.time_since_epoch().count(), 1706702400000);
}

TEST(ItemDecoder, TakesTheKeyWhereTheBodyHasNoId) {
  const auto item = decode(R"({"title":"Shirt"})", "i7");

  ASSERT_TRUE(item) << item.error().text;
  EXPECT_EQ(item->name, "i7");
  EXPECT_TRUE(item->available);
}

TEST(ItemDecoder, RemovesTheItemOfATombstone) {
  const auto item = decode(std::nullopt, "i7");

  ASSERT_TRUE(item) << item.error().text;
  EXPECT_TRUE(item->removed);
  EXPECT_EQ(item->id, item_id_of("i7"));
}

struct Case {
  const char* name;
  std::string value;
  BadRecordReason reason;
  const char* says;
};

void PrintTo(const Case& bad, std::ostream* out) { *out << bad.name; }

class BadItem : public testing::TestWithParam<Case> {};

TEST_P(BadItem, BecomesADeadLetterThatSaysHowToMendIt) {
  const auto item = decode(GetParam().value);

  ASSERT_FALSE(item);
  EXPECT_EQ(to_string(item.error().reason), to_string(GetParam().reason)) << item.error().text;
  EXPECT_THAT(item.error().text, HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadItem,
    testing::Values(
        Case{"NoId", "{}", BadRecordReason::kMissingField, "key"},
        Case{"Broken", R"({"item_id":)", BadRecordReason::kMalformed, "JSON"},
        Case{"InvalidUtf8", "{\"item_id\":\"\xFF\"}", BadRecordReason::kInvalidUtf8, "UTF-8"},
        Case{"TooLarge", std::string(2 << 20, ' '), BadRecordReason::kTooLarge, "record_bytes_max"},
        Case{"IdTooLong", R"({"item_id":")" + std::string(300, 'x') + R"("})",
             BadRecordReason::kBadValue, "id_bytes_max"},
        Case{"TitleIsAnObject", R"({"item_id":"i","title":{}})", BadRecordReason::kWrongType,
             "title"},
        Case{"PriceIsAWord", R"({"item_id":"i","price":"cheap"})", BadRecordReason::kWrongType,
             "price"},
        Case{"PriceIsNegative", R"({"item_id":"i","price":-1})", BadRecordReason::kBadValue,
             "price"},
        Case{"AvailableIsAWord", R"({"item_id":"i","available":"soon"})",
             BadRecordReason::kWrongType, "available"},
        Case{"AttributesIsAText", R"({"item_id":"i","attributes":"a"})",
             BadRecordReason::kWrongType, "attributes"},
        Case{"EmbeddingOfTheWrongSize", R"({"item_id":"i","embedding":[1,2]})",
             BadRecordReason::kBadEmbedding, "2 numbers where 3 are expected"},
        Case{"EmbeddingOfWords", R"({"item_id":"i","embedding":["a","b","c"]})",
             BadRecordReason::kBadEmbedding, "\"a\""},
        Case{"EmbeddingOutOfRange", R"({"item_id":"i","embedding":[1e200,0,0]})",
             BadRecordReason::kBadEmbedding, "32-bit"},
        Case{"TimeInSeconds", R"({"item_id":"i","updated_time":1706702400})",
             BadRecordReason::kBadTime, "looks like seconds"}),
    [](const testing::TestParamInfo<Case>& test) { return test.param.name; });

}  // namespace
}  // namespace freshet
