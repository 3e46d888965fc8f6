#include "sinks/list_codec.h"

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <limits>
#include <string>

#include "sinks/json_text.h"
#include "tests/sinks/sample_lists.h"

namespace freshet {
namespace {

rapidjson::Document parse(const std::string& json) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseValidateEncodingFlag>(json.data(), json.size());
  EXPECT_FALSE(document.HasParseError()) << json;
  return document;
}

std::string text_of(const rapidjson::Value& value) {
  return std::string(value.GetString(), value.GetStringLength());
}

TEST(ListCodec, WritesEveryFieldOfTheWireFormat) {
  const auto json = parse(encode_list(list_of("anna"), at_ms(1'700'000'000'200)));

  EXPECT_EQ(text_of(json["user_id"]), "anna");
  EXPECT_EQ(json["model_version"].GetUint64(), 99U);
  EXPECT_EQ(json["partition"].GetInt(), 3);
  EXPECT_EQ(json["offset"].GetInt64(), 41);
  EXPECT_EQ(json["epoch"].GetInt64(), 7);
  EXPECT_EQ(json["event_time"].GetInt64(), 1'700'000'000'123);
  EXPECT_EQ(json["published_time"].GetInt64(), 1'700'000'000'200);
  EXPECT_EQ(text_of(json["fallback"]), "none");
  EXPECT_FALSE(json["catching_up"].GetBool());
  ASSERT_EQ(json["items"].Size(), 1U);
  const auto& item = json["items"][0];
  EXPECT_EQ(text_of(item["item_id"]), "lamp");
  EXPECT_FLOAT_EQ(item["score"].GetFloat(), 0.3F);
  EXPECT_FALSE(item.HasMember("title"));
  const auto& reason = item["reasons"][0];
  EXPECT_EQ(text_of(reason["source"]), "covisitation");
  EXPECT_EQ(text_of(reason["because_of"]), "desk");
  EXPECT_FLOAT_EQ(reason["share"].GetFloat(), 0.75F);
  EXPECT_EQ(text_of(reason["text"]), "Often bought after desk");
}

TEST(ListCodec, SaysWhichRulePlacedAnItemAndHowItWasDrawn) {
  auto list = list_of("anna");
  EXPECT_FALSE(parse(encode_list(list, at_ms(0)))["items"][0].HasMember("propensity"));
  EXPECT_FALSE(parse(encode_list(list, at_ms(0)))["items"][0]["reasons"][0].HasMember("rule"));
  list.items[0].propensity = 0.25F;
  list.items[0].reasons = {{.source = Source::kRule, .text = "Promoted: sale", .rule = "sale"},
                           {.source = Source::kDraw, .text = "New"}};
  const auto json = parse(encode_list(list, at_ms(0)));
  const auto& item = json["items"][0];
  EXPECT_FLOAT_EQ(item["propensity"].GetFloat(), 0.25F);
  EXPECT_EQ(text_of(item["reasons"][0]["source"]), "rule");
  EXPECT_EQ(text_of(item["reasons"][0]["rule"]), "sale");
  EXPECT_EQ(text_of(item["reasons"][1]["source"]), "exploration");
}

TEST(ListCodec, CarriesTheListsOfOtherScenarios) {
  auto list = list_of("anna");
  EXPECT_FALSE(parse(encode_list(list, at_ms(0))).HasMember("scenarios"));
  EXPECT_EQ(text_of(parse(encode_list(list, at_ms(0)))["scenario"]), "default");
  list.scenarios = {{"home", list.items}, {"e\"mail", {}}};
  const auto json = parse(encode_list(list, at_ms(0)));
  EXPECT_EQ(text_of(json["scenarios"]["home"]["items"][0]["item_id"]), "lamp");
  EXPECT_EQ(json["scenarios"]["e\"mail"]["items"].Size(), 0U);
}

TEST(ListCodec, MarksAListOfAPartitionThatCatchesUp) {
  auto list = list_of("anna");
  list.catching_up = true;
  EXPECT_TRUE(parse(encode_list(list, at_ms(0)))["catching_up"].GetBool());
}

TEST(ListCodec, KeepsOddIdsAsTheyAre) {
  for (const std::string& id :
       {std::string("quo\"te\\back/slash"), std::string("tab\tline\nbell\x07"),
        std::string("nul\0inside", 10), std::string("Größe 😀 日本"), std::string("</script>")}) {
    auto list = list_of(id);
    list.items[0].name = id;
    const auto json = parse(encode_list(list, at_ms(0)));
    EXPECT_EQ(text_of(json["user_id"]), id);
    EXPECT_EQ(text_of(json["items"][0]["item_id"]), id);
  }
}

TEST(ListCodec, HasNoUserWhereNobodyIsNamed) {
  EXPECT_TRUE(parse(encode_list(list_of(""), at_ms(0)))["user_id"].IsNull());
}

TEST(ListCodec, ReplacesBytesThatAreNotUtf8) {
  const std::string ok = "\xEF\xBF\xBD";
  EXPECT_EQ(valid_utf8("a\xFFz"), "a" + ok + "z");
  EXPECT_EQ(valid_utf8("\xC0\x80"), ok + ok) << "overlong";
  EXPECT_EQ(valid_utf8("\xED\xA0\x80"), ok + ok + ok) << "surrogate";
  EXPECT_EQ(valid_utf8("\xF4\x90\x80\x80"), ok + ok + ok + ok) << "beyond Unicode";
  EXPECT_EQ(valid_utf8("cut \xE6\x97"), "cut " + ok + ok);
  const auto json = parse(encode_list(list_of("a\xFFz"), at_ms(0)));
  EXPECT_EQ(text_of(json["user_id"]), "a" + ok + "z");
}

TEST(ListCodec, WritesScoresAsTheShortestThatReadBack) {
  const std::string json = encode_list(list_of("anna"), at_ms(0));
  EXPECT_NE(json.find("\"score\":0.3,"), std::string::npos) << json;
}

TEST(ListCodec, WritesNullForAScoreThatIsNoNumber) {
  auto list = list_of("anna");
  list.items[0].score = std::numeric_limits<float>::quiet_NaN();
  list.items[0].reasons[0].share = std::numeric_limits<float>::infinity();
  const auto json = parse(encode_list(list, at_ms(0)));
  EXPECT_TRUE(json["items"][0]["score"].IsNull());
  EXPECT_TRUE(json["items"][0]["reasons"][0]["share"].IsNull());
}

TEST(ListCodec, WritesNullWhereNoItemOfTheUserIsTheCause) {
  auto list = list_of("anna");
  list.items[0].reasons[0].because_of_name.clear();
  list.fallback = Fallback::kUnknownUser;
  const auto json = parse(encode_list(list, at_ms(0)));
  EXPECT_TRUE(json["items"][0]["reasons"][0]["because_of"].IsNull());
  EXPECT_EQ(text_of(json["fallback"]), "unknown_user");
}

TEST(ListCodec, AddsTitlesWhereTheyAreKnown) {
  const TitleOf title_of = [](const RankedItem& item) { return "A fine " + item.name; };
  const auto json = parse(encode_related("desk", list_of("anna").items, title_of));
  EXPECT_EQ(text_of(json["item_id"]), "desk");
  EXPECT_EQ(text_of(json["items"][0]["title"]), "A fine lamp");
}

}  // namespace
}  // namespace freshet
