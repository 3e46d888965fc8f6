#include "ingest/rule_decoder.h"

#include <gmock/gmock.h>

namespace freshet {
namespace {

using testing::HasSubstr;

class DecodingRules : public testing::Test {
 protected:
  tl::expected<RuleUpdate, BadRecord> decode(std::string_view key,
                                             std::optional<std::string_view> value) {
    Record record;
    record.key = key;
    record.value = value;
    return decoder_.decode(record);
  }

  RuleDecoder decoder_{IngestConfig{}, {.scenarios = {"home"}, .context = {"adult"}}};
};

TEST_F(DecodingRules, ReadsTheFieldsOfTheConfiguration) {
  const auto update = decode("sale", R"({"kind": "promote", "text": "Größe \ud83d\ude00",
      "tags": ["a", 7], "slots": 2, "from": "2026-09-01", "scenarios": ["home"],
      "attributes": {"age": 18}})");
  ASSERT_TRUE(update) << update.error().text;
  ASSERT_TRUE(update->rule);
  EXPECT_EQ(update->rule->name, "sale");
  EXPECT_EQ(update->rule->kind, "promote");
  EXPECT_EQ(update->rule->text, "Größe 😀");
  EXPECT_THAT(update->rule->tags, testing::ElementsAre("a", "7"));
  EXPECT_EQ(update->rule->slots, 2U);
  EXPECT_NE(update->rule->from, EventTime{});
  EXPECT_EQ(update->rule->attributes.at("age"), "18");
}

TEST_F(DecodingRules, RecordWithoutAValueRemovesTheRule) {
  const auto update = decode("sale", std::nullopt);
  ASSERT_TRUE(update);
  EXPECT_EQ(update->name, "sale");
  EXPECT_FALSE(update->rule);
}

TEST_F(DecodingRules, SaysAllThatIsWrongWithARule) {
  const auto update = decode("sale", R"({"kind": "boost", "fctor": 2, "scenarios": ["away"]})");
  ASSERT_FALSE(update);
  EXPECT_EQ(update.error().reason, BadRecordReason::kBadValue);
  EXPECT_THAT(update.error().text,
              HasSubstr("rule sale: fctor: unknown key: did you mean factor?"));
  const auto other = decode("sale", R"({"kind": "boost", "factor": 0.5, "scenarios": ["away"]})");
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().text, HasSubstr("factor: must be above 1"));
  EXPECT_THAT(other.error().text, HasSubstr("\"away\" is no scenario"));
}

TEST_F(DecodingRules, RefusesWhatIsNoRule) {
  EXPECT_EQ(decode("a", "[]").error().reason, BadRecordReason::kMalformed);
  EXPECT_EQ(decode("a", "{").error().reason, BadRecordReason::kMalformed);
  EXPECT_EQ(decode("", "{}").error().reason, BadRecordReason::kMissingField);
  EXPECT_EQ(decode("\xff", "{}").error().reason, BadRecordReason::kInvalidUtf8);
  const std::string long_value = "{\"text\": \"" + std::string(2 << 20, 'x') + "\"}";
  EXPECT_EQ(decode("a", long_value).error().reason, BadRecordReason::kTooLarge);
}

}  // namespace
}  // namespace freshet
