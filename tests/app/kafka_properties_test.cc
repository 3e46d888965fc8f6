#include "app/commands/kafka_properties.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/fakes/temporary_directory.h"

namespace freshet {
namespace {

using testing::HasSubstr;
using testing::Not;

Result<KafkaProperties> read(const std::vector<std::string>& texts) {
  return read_kafka_properties(texts, [](const std::string& name) -> std::optional<std::string> {
    return name == "PASSWORD" ? std::optional<std::string>("sesame") : std::nullopt;
  });
}

TEST(KafkaProperties, StandAsTheyWereGiven) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/key";
  std::ofstream(path) << "from a file\n";
  const auto properties = read({"security.protocol=sasl_ssl", "sasl.password=${PASSWORD}",
                                "a=b=c, d", "empty=", "ssl.key.password=${file:" + path + "}"});
  ASSERT_TRUE(properties) << properties.error().text;
  EXPECT_EQ(*properties, (KafkaProperties{{"security.protocol", "sasl_ssl"},
                                          {"sasl.password", "${PASSWORD}"},
                                          {"a", "b=c, d"},
                                          {"empty", ""},
                                          {"ssl.key.password", "${file:" + path + "}"}}));
  const auto values = resolved(*properties, [](const std::string&) { return "sesame"; });
  ASSERT_TRUE(values) << values.error().text;
  EXPECT_EQ(values->at("sasl.password"), "sesame");
  EXPECT_EQ(values->at("ssl.key.password"), "from a file");
  EXPECT_EQ(values->at("security.protocol"), "sasl_ssl");
}

TEST(KafkaProperties, ASecretIsAReferenceAndNoErrorShowsIt) {
  for (const std::string secret : {"hunter2", "$${hunter2}", "${PASSWORD:-hunter2}", ""}) {
    const auto refused = read({"sasl.password=" + secret});
    ASSERT_FALSE(refused) << secret;
    EXPECT_THAT(refused.error().text, HasSubstr("sasl.password='${NAME}'"));
    EXPECT_THAT(refused.error().text, Not(HasSubstr("hunter2")));
  }
  EXPECT_TRUE(read({"sasl.oauthbearer.config=principal=me secret=${PASSWORD}"}));
}

TEST(KafkaProperties, AllProblemsAreSaidAtOnce) {
  const auto refused = read({"security.protocol", "=x", "a=1", "a=2", "b=${NOBODY}",
                             "ssl.key.password=${file:/nowhere/key}"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidConfig);
  for (const std::string part :
       {"--kafka-property security.protocol: write KEY=VALUE", "--kafka-property =: write",
        "a: stands there twice", "b: environment variable NOBODY is not set",
        "ssl.key.password: file /nowhere/key cannot be read"})
    EXPECT_THAT(refused.error().text, HasSubstr(part));
}

}  // namespace
}  // namespace freshet
