#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "app/commands/init_config.h"
#include "config/config.h"
#include "tests/fakes/temporary_directory.h"

namespace freshet {
namespace {

using testing::HasSubstr;
using testing::Not;

InitPlan plan_of(std::vector<std::string> records) {
  InitPlan plan;
  plan.sample.from = "events.jsonl";
  plan.sample.records = std::move(records);
  plan.sample.keys.resize(plan.sample.records.size());
  const Status made = make_plan(plan);
  EXPECT_TRUE(made) << made.error().text;
  return plan;
}

std::vector<std::string> clicks() {
  std::vector<std::string> records;
  for (int k = 0; k < 20; ++k)
    records.push_back("{\"ts\":" + std::to_string(1'700'000'000 + k) +
                      ",\"visitorid\":" + std::to_string(k % 5) + ",\"event\":\"" +
                      (k % 4 == 0 ? "addtocart" : "view") + "\",\"itemid\":\"i" +
                      std::to_string(k % 7) + "\"}");
  return records;
}

TEST(InitConfig, IsValidAndSaysWhatItIs) {
  const InitPlan plan = plan_of(clicks());
  const std::string yaml = init_yaml(plan);
  const auto config = load_config(yaml);
  ASSERT_TRUE(config) << config.error().text << "\n" << yaml;
  EXPECT_EQ(config->ingest.mapping.user_id, plan.guess.mapping.user_id);
  EXPECT_EQ(config->ingest.mapping.types, plan.guess.mapping.types);
  EXPECT_EQ(config->ingest.mapping.time_format, "s");
  EXPECT_EQ(plan.trial.read, 20U);
  for (const std::string line : {"user_id: visitorid", "addtocart: cart", "item_id: itemid"})
    EXPECT_THAT(yaml, HasSubstr(line));
  std::istringstream lines(yaml.substr(yaml.find("  mapping:")));
  for (std::string line; std::getline(lines, line) && !line.empty();)
    EXPECT_THAT(line, HasSubstr("# ")) << "each line of the mapping says why";
}

TEST(InitConfig, ReadsBackWhateverTheSampleHolds) {
  std::vector<std::string> records;
  for (const std::string evil : {R"(\" # \n- x: ${HOME} )", R"(yes)", R"(*)", R"(: [)",
                                 R"(\u001b[2J\u0000)", R"(null)", R"(é\u2028ü)"})
    for (int k = 0; k < 3; ++k)
      records.push_back(R"({"type":")" + evil + R"(","user_id":"u)" + std::to_string(k) +
                        R"(","item_id":"i)" + std::to_string(k) +
                        R"(","a # b: ${PATH}":{"device":")" + std::to_string(k) +
                        R"(x"},"event_time":)" + std::to_string(1'700'000'000'000 + k) + "}");
  records.push_back(R"({"type":"click","user_id":"u","item_id":"i","event_time":1700000000000})");
  const InitPlan plan = plan_of(records);
  const std::string yaml = init_yaml(plan);
  const auto config = load_config(yaml);
  ASSERT_TRUE(config) << config.error().text << "\n" << yaml;
  EXPECT_EQ(config->ingest.mapping.types, plan.guess.mapping.types);
  EXPECT_EQ(config->ingest.context, plan.guess.context);
  EXPECT_THAT(yaml + field_table(plan, false) + summary(plan), Not(HasSubstr("\033")));
}

TEST(InitConfig, IsValidWhereNothingCouldBeGuessed) {
  const InitPlan plan = plan_of({R"({"a":1})", R"({"a":2,"b":{"c":[1,2]}})"});
  const std::string yaml = init_yaml(plan);
  EXPECT_TRUE(load_config(yaml)) << load_config(yaml).error().text << "\n" << yaml;
  EXPECT_THAT(yaml, HasSubstr("NOT FOUND"));
  EXPECT_THAT(summary(plan), HasSubstr("0 of 2 records are events"));
  EXPECT_THAT(summary(plan), HasSubstr("open: item_id"));
}

TEST(InitConfig, KeysTheTopicAnewWhereItsKeysAreNoUsers) {
  InitPlan plan = plan_of(clicks());
  plan.topic = "clicks";
  plan.sample.is_topic = true;
  ASSERT_TRUE(make_plan(plan));
  EXPECT_TRUE(plan.rekey);
  auto config = load_config(init_yaml(plan));
  ASSERT_TRUE(config) << config.error().text;
  EXPECT_EQ(config->ingest.rekey.from_topic, "clicks");
  EXPECT_EQ(config->ingest.kafka.events_topic, "freshet.events");

  for (std::size_t k = 0; k < plan.sample.keys.size(); ++k)
    plan.sample.keys[k] = std::to_string(k % 5);
  ASSERT_TRUE(make_plan(plan));
  config = load_config(init_yaml(plan));
  ASSERT_TRUE(config) << config.error().text;
  EXPECT_EQ(config->ingest.rekey.from_topic, "");
  EXPECT_EQ(config->ingest.kafka.events_topic, "clicks");
}

TEST(InitConfig, PropertiesStandWhereverKafkaIsSpokenToAndSecretsAsReferences) {
  InitPlan plan = plan_of(clicks());
  plan.properties = {{"security.protocol", "sasl_ssl"},
                     {"sasl.username", "a \"b\": #c\\"},
                     {"sasl.password", "${PASSWORD}"}};
  const std::string yaml = init_yaml(plan);
  const auto config = load_config(yaml, [](const std::string& name) -> std::optional<std::string> {
    return name == "PASSWORD" ? std::optional<std::string>("open sesame") : std::nullopt;
  });
  ASSERT_TRUE(config) << config.error().text << "\n" << yaml;
  const KafkaProperties expected{{"security.protocol", "sasl_ssl"},
                                 {"sasl.username", "a \"b\": #c\\"},
                                 {"sasl.password", "open sesame"}};
  EXPECT_EQ(config->ingest.kafka.properties, expected);
  EXPECT_EQ(config->sinks.kafka.properties, expected);
}

TEST(InitSample, SaysWhatIsWrongWithAFile) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/events.jsonl";
  EXPECT_FALSE(sample_file(path, 10)) << "it is not there";
  std::ofstream(path) << "\n\n";
  EXPECT_THAT(sample_file(path, 10).error().text, HasSubstr("no record to look at"));
  std::ofstream(path) << "InvoiceNo,StockCode\n536365,85123A\n";
  InitPlan plan;
  plan.sample = *sample_file(path, 10);
  EXPECT_THAT(make_plan(plan).error().text, HasSubstr("config/online-retail.yaml"));
  std::ofstream(path) << "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n";
  EXPECT_EQ(sample_file(path, 2)->records.size(), 2U);
}

}  // namespace
}  // namespace freshet
