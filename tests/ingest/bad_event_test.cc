#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "ingest/event_decoder.h"

namespace freshet {
namespace {

using testing::HasSubstr;

constexpr EventTime kNoon{std::chrono::milliseconds{1706702400000}};  // 2024-01-31T12:00:00Z

// One bad record: what is wrong with it and what its dead letter must say.
struct Case {
  const char* name;
  std::string value;
  BadRecordReason reason;
  std::vector<std::string> says;
  std::function<void(IngestConfig&)> configure = [](IngestConfig&) {};
};

// A click that is right but for `fields`, which come first and so win.
std::string click_with(const std::string& fields) {
  return "{" + fields +
         R"(,"type":"click","user_id":"u","item_id":"i","event_time":1706702400000})";
}

void PrintTo(const Case& bad, std::ostream* out) { *out << bad.name; }

class BadEvent : public testing::TestWithParam<Case> {};

TEST_P(BadEvent, BecomesADeadLetterThatSaysHowToMendIt) {
  IngestConfig config;
  GetParam().configure(config);
  EventDecoder decoder{config};
  Record record;
  record.timestamp = kNoon;
  record.value = GetParam().value;

  const auto decoded = decoder.decode(record);

  ASSERT_FALSE(decoded) << "it was decoded";
  EXPECT_EQ(to_string(decoded.error().reason), to_string(GetParam().reason))
      << decoded.error().text;
  for (const std::string& part : GetParam().says) {
    EXPECT_THAT(decoded.error().text, HasSubstr(part));
  }
  EXPECT_LT(decoded.error().text.size(), 500u) << "too long for a header";
}

const std::string kLongId(300, 'x');

const std::vector<Case> kJsonCases{
    {"Empty", "", BadRecordReason::kMalformed, {"JSON object"}},
    {"BrokenJson", R"({"type":"click",)", BadRecordReason::kMalformed, {"one complete JSON"}},
    {"TwoObjects", "{} {}", BadRecordReason::kMalformed, {"JSON object"}},
    {"ArrayAtTheTop", "[1]", BadRecordReason::kMalformed, {"JSON object"}},
    {"NestedTooDeep",
     std::string(R"({"a":)") + std::string(5000, '[') + std::string(5000, ']') + "}",
     BadRecordReason::kMalformed,
     {"JSON object"}},
    {"AvroOfASchemaRegistry",
     std::string("\0\0\0\0\x2A\x06u-7\xD0\x0F", 11),
     BadRecordReason::kMalformed,
     {"Schema Registry framing", "magic byte 0, schema id 42", "JSON Schema serializer"}},
    {"BrokenJsonOfASchemaRegistry",
     std::string("\0\0\1\0\0{\"type\":", 13),
     BadRecordReason::kMalformed,
     {"schema id 65536", "JSON"}},
    {"HalfASurrogate", click_with(R"("session_id":"\ud800")"), BadRecordReason::kMalformed, {}},
    {"InvalidUtf8",
     click_with("\"session_id\":\"\xC3\x28\""),
     BadRecordReason::kInvalidUtf8,
     {"UTF-8"}},
    {"TenMegabytes",
     std::string(10 << 20, ' '),
     BadRecordReason::kTooLarge,
     {"10485760 bytes", "ingest.record_bytes_max"}},
    {"NoType",
     R"({"user_id":"u","item_id":"i","event_time":1706702400000})",
     BadRecordReason::kMissingField,
     {"type", "ingest.mapping.type"}},
    {"NoUser",
     R"({"type":"click","item_id":"i","event_time":1706702400000})",
     BadRecordReason::kMissingField,
     {"user_id", "ingest.mapping.user_id"}},
    {"NullUser",
     R"({"type":"click","user_id":null,"item_id":"i","event_time":1706702400000})",
     BadRecordReason::kMissingField,
     {"user_id"}},
    {"EmptyUser",
     R"({"type":"click","user_id":"","item_id":"i","event_time":1706702400000})",
     BadRecordReason::kMissingField,
     {"user_id"}},
    {"NoItem",
     R"({"type":"click","user_id":"u","event_time":1706702400000})",
     BadRecordReason::kMissingField,
     {"item_id", "ingest.mapping.item_id"}},
    {"ItemWithoutId",
     R"({"type":"click","user_id":"u","items":[{"quantity":1}],"event_time":1706702400000})",
     BadRecordReason::kMissingField,
     {"items_item_id"}},
    {"NoTime",
     R"({"type":"click","user_id":"u","item_id":"i"})",
     BadRecordReason::kMissingField,
     {"event_time"}},
    {"UnknownAction",
     click_with(R"("type":"veiw_item")"),
     BadRecordReason::kUnknownAction,
     {"\"veiw_item\"", "ingest.mapping.types"}},
    {"TypeIsAnObject", click_with(R"("type":{"a":1})"), BadRecordReason::kWrongType, {"type"}},
    {"UserIsAnArray",
     click_with(R"("user_id":["u"])"),
     BadRecordReason::kWrongType,
     {"user_id", "an array or object"}},
    {"UserIsAFraction",
     click_with(R"("user_id":1.5)"),
     BadRecordReason::kWrongType,
     {"user_id", "1.5"}},
    {"ItemsIsAnObject",
     click_with(R"("items":{"item_id":"a"})"),
     BadRecordReason::kWrongType,
     {"items"}},
    {"QuantityIsABool",
     click_with(R"("quantity":true)"),
     BadRecordReason::kWrongType,
     {"quantity"}},
    {"ContextIsNested",
     click_with(R"("context":{"device":{"a":1}})"),
     BadRecordReason::kWrongType,
     {"device"}},
    {"QuantityIsAWord",
     click_with(R"("quantity":"many")"),
     BadRecordReason::kBadQuantity,
     {"quantity", "\"many\""}},
    {"QuantityIsNegative",
     click_with(R"("quantity":-1)"),
     BadRecordReason::kBadQuantity,
     {"-1", "negative_quantity_cancels"}},
    {"QuantityIsZero", click_with(R"("quantity":0)"), BadRecordReason::kBadQuantity, {"quantity"}},
    {"PriceIsNegative",
     click_with(R"("price":-2.5)"),
     BadRecordReason::kBadValue,
     {"price", "-2.5"}},
    {"ValueIsNegative",
     click_with(R"("value":-2)"),
     BadRecordReason::kBadValue,
     {"value", "cancel_prefix"}},
    {"UserTooLong",
     click_with(R"("user_id":")" + kLongId + "\""),
     BadRecordReason::kBadValue,
     {"user_id: 300 bytes", "ingest.id_bytes_max"}},
    {"ContextTooLong",
     click_with(R"("context":{"page":")" + kLongId + "\"}"),
     BadRecordReason::kBadValue,
     {"page"}},
    {"TooManyItems",
     click_with(R"("items":["a","b","c"])"),
     BadRecordReason::kBadValue,
     {"3 items", "ingest.items_per_event_max"},
     [](IngestConfig& config) { config.items_per_event_max = 2; }},
    {"BoughtAndReturned",
     R"({"type":"purchase","user_id":"u","event_time":1706702400000,
         "items":[{"item_id":"a","quantity":1},{"item_id":"b","quantity":-1}]})",
     BadRecordReason::kBadQuantity,
     {"event of their own"},
     [](IngestConfig& config) { config.mapping.negative_quantity_cancels = true; }},
    {"TimeInSeconds",
     click_with(R"("event_time":1700000000)"),
     BadRecordReason::kBadTime,
     {"1700000000 looks like seconds: set ingest.mapping.time_format to \"s\""}},
    {"TimeInMicroseconds",
     click_with(R"("event_time":1700000000000000)"),
     BadRecordReason::kBadTime,
     {"looks like microseconds", "\"us\""}},
    {"TimeInNanoseconds",
     click_with(R"("event_time":1700000000000000000)"),
     BadRecordReason::kBadTime,
     {"looks like nanoseconds", "\"ns\""}},
    {"TimeInMillisecondsWhereSecondsAreSet",
     click_with(R"("event_time":1700000000000)"),
     BadRecordReason::kBadTime,
     {"looks like milliseconds", "\"ms\""},
     [](IngestConfig& config) { config.mapping.time_format = "s"; }},
    {"TimeIsZero", click_with(R"("event_time":0)"), BadRecordReason::kBadTime, {"2000-01-01"}},
    {"TimeBeforeAnyShop",
     click_with(R"("event_time":"1970-01-01T00:00:00Z")"),
     BadRecordReason::kBadTime,
     {"2000-01-01"}},
    {"TimeIsAWord",
     click_with(R"("event_time":"yesterday")"),
     BadRecordReason::kBadTime,
     {"yesterday", "RFC 3339"}},
    {"TimeHasNoZone",
     click_with(R"("event_time":"2024-01-31T12:00:00")"),
     BadRecordReason::kBadTime,
     {"time zone", "add Z"}},
    {"TimeIsNoDate",
     click_with(R"("event_time":"2024-02-31T12:00:00Z")"),
     BadRecordReason::kBadTime,
     {"event_time"}},
    {"TimeIsABool", click_with(R"("event_time":true)"), BadRecordReason::kBadTime, {"event_time"}},
    {"TimeMissesTheFormat",
     click_with(R"("event_time":"2024-01-31T12:00:00Z")"),
     BadRecordReason::kBadTime,
     {"%d.%m.%Y"},
     [](IngestConfig& config) { config.mapping.time_format = "%d.%m.%Y"; }},
    {"TimeInTheFuture",
     click_with(R"("event_time":"2024-01-31T13:00:01Z")"),
     BadRecordReason::kBadTime,
     {"in the future", "3601 s", "ingest.future_max"}},
};

IngestConfig csv_config(IngestConfig config) {
  config.format = "csv";
  config.csv_columns = {"type", "user_id", "item_id", "event_time"};
  return config;
}

const auto kCsv = [](IngestConfig& config) { config = csv_config(std::move(config)); };

const std::vector<Case> kCsvCases{
    {"CsvTooFewFields",
     "click,u",
     BadRecordReason::kMalformed,
     {"2 fields", "name 4", "ingest.csv_columns"},
     kCsv},
    {"CsvTooManyFields",
     "click,u,i,1706702400000,more",
     BadRecordReason::kMalformed,
     {"5 fields"},
     kCsv},
    {"CsvEmpty", "", BadRecordReason::kMalformed, {"0 fields"}, kCsv},
    {"CsvOpenQuote", "click,u,\"i,1706702400000", BadRecordReason::kMalformed, {"quote"}, kCsv},
    {"CsvInvalidUtf8",
     "click,u,\xFF,1706702400000",
     BadRecordReason::kInvalidUtf8,
     {"iconv"},
     kCsv},
    {"CsvNoUser", "click,,i,1706702400000", BadRecordReason::kMissingField, {"user_id"}, kCsv},
    {"CsvUnknownAction", "clik,u,i,1706702400000", BadRecordReason::kUnknownAction, {"clik"}, kCsv},
    {"CsvTimeInSeconds",
     "click,u,i,1706702400",
     BadRecordReason::kBadTime,
     {"looks like seconds"},
     kCsv},
};

const auto kNameOf = [](const testing::TestParamInfo<Case>& test) { return test.param.name; };

INSTANTIATE_TEST_SUITE_P(Json, BadEvent, testing::ValuesIn(kJsonCases), kNameOf);
INSTANTIATE_TEST_SUITE_P(Csv, BadEvent, testing::ValuesIn(kCsvCases), kNameOf);

TEST(EventDecoder, AsksNoClockWhenTheLogGivesNoTime) {
  EventDecoder decoder{IngestConfig{}};
  Record record;
  record.value = R"({"type":"click","user_id":"u","item_id":"i",
                     "event_time":"2099-12-31T00:00:00Z"})";

  EXPECT_TRUE(decoder.decode(record));
}

}  // namespace
}  // namespace freshet
