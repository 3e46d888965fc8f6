#include "config/secrets.h"

#include <gmock/gmock.h>

#include "config/config.h"
#include "tests/fakes/temporary_directory.h"

namespace freshet {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kYaml = R"(
ingest:
  kafka:
    properties:
      sasl.username: reader
      sasl.password: ${file:FILE}
sinks:
  kafka:
    properties:
      ssl.key.pem: ${KEY}
      ssl.ca.location: /etc/ca.pem
  http:
    token: ${file:FILE}
)";

std::string with_file(const std::string& path) {
  std::string yaml = kYaml;
  for (std::size_t at = yaml.find("FILE"); at != std::string::npos; at = yaml.find("FILE", at + 1))
    yaml.replace(at, 4, path);
  return yaml;
}

TEST(Secrets, ComeFromFilesAndTheEnvironmentAndAreNeverWritten) {
  const TemporaryDirectory directory;
  const auto config = load_config(with_file(directory.write("token", "from a file\r\n")),
                                  [](const std::string&) { return "from the environment"; });
  ASSERT_TRUE(config) << config.error().text;
  EXPECT_EQ(config->sinks.http.token, "from a file");
  EXPECT_EQ(config->ingest.kafka.properties.at("sasl.password"), "from a file");
  EXPECT_EQ(config->sinks.kafka.properties.at("ssl.key.pem"), "from the environment");

  const std::string written = to_yaml(*config);
  EXPECT_THAT(written, Not(HasSubstr("from a file")));
  EXPECT_THAT(written, Not(HasSubstr("from the environment")));
  EXPECT_THAT(written, HasSubstr("\"sasl.password\": \"(secret)\""));
  EXPECT_THAT(written, HasSubstr("token: \"(secret)\""));
  EXPECT_THAT(written, HasSubstr("reader"));
  EXPECT_THAT(written, HasSubstr("/etc/ca.pem"));
}

TEST(Secrets, NameTheFileThatCannotBeRead) {
  const auto config =
      load_config(with_file("/no/such/file"), [](const std::string&) { return "x"; });
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().text,
              HasSubstr("sinks.http.token: file /no/such/file cannot be read"));
  const TemporaryDirectory directory;
  EXPECT_FALSE(read_secret_file(directory.path())) << "a directory";
  EXPECT_FALSE(read_secret_file(directory.write("large", std::string(70'000, 'x'))));
}

TEST(Secrets, AreToldByThePropertysName) {
  for (const char* name :
       {"sasl.password", "ssl.key.password", "ssl.keystore.password", "ssl.key.pem",
        "sasl.oauthbearer.client.secret", "sasl.oauthbearer.config"})
    EXPECT_TRUE(is_secret_property(name)) << name;
  for (const char* name : {"sasl.username", "sasl.mechanism", "ssl.ca.location", "client.id"})
    EXPECT_FALSE(is_secret_property(name)) << name;
}

TEST(HttpConfig, MustHaveATokenWhereOthersCanReachIt) {
  const auto open = load_config("sinks: {http: {address: 0.0.0.0}}");
  ASSERT_FALSE(open);
  EXPECT_THAT(open.error().text, HasSubstr("sinks.http.token: is empty, but 0.0.0.0"));
  EXPECT_TRUE(load_config("sinks: {http: {address: 0.0.0.0, token: long enough}}"));
  EXPECT_TRUE(load_config("sinks: {http: {address: 0.0.0.0, enabled: false}}"));
  EXPECT_FALSE(load_config("sinks: {http: {token: short}}"));
  EXPECT_FALSE(load_config("sinks: {http: {tls_certificate: a.pem}}"));
}

}  // namespace
}  // namespace freshet
