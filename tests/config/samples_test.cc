#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "config/config.h"
#include "config/reference.h"

namespace freshet {
namespace {

const std::filesystem::path kSourceDirectory = FRESHET_SOURCE_DIR;

std::vector<std::filesystem::path> samples() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(kSourceDirectory / "config")) {
    if (entry.path().extension() == ".yaml") paths.push_back(entry.path());
  }
  return paths;
}

TEST(SampleConfigs, AllLoadWithoutAnyEnvironment) {
  ASSERT_FALSE(samples().empty());
  for (const auto& path : samples()) {
    const auto config = load_config_file(path);
    EXPECT_TRUE(config) << config.error().text;
  }
}

TEST(SampleConfigs, AreReadBackFromWhatIsWritten) {
  for (const auto& path : samples()) {
    const auto config = load_config_file(path);
    ASSERT_TRUE(config) << config.error().text;
    const std::string written = to_yaml(*config);
    const auto again = load_config(written);
    ASSERT_TRUE(again) << again.error().text;
    EXPECT_EQ(to_yaml(*again), written) << path;
  }
}

TEST(WrittenConfig, KeepsTextsThatNeedQuoting) {
  Config config;
  config.ingest.csv_delimiter = '\t';
  config.ingest.kafka.group = "a: \"b\" # \\ ${HOME} {}[]\n\t ü";
  config.ingest.kafka.properties = {{"sasl.password", "$${x}"}, {"a: b", ""}};
  config.ingest.mapping.types = {{"*", "ignore"}, {"true", "click"}};
  config.scoring.popularity.half_lives = {1.0 / 3 + 1, 1e11};
  const auto again = load_config(to_yaml(config, Secrets::kShown));
  ASSERT_TRUE(again) << again.error().text;
  EXPECT_EQ(again->ingest.csv_delimiter, '\t');
  EXPECT_EQ(again->ingest.kafka.group, config.ingest.kafka.group);
  EXPECT_EQ(again->ingest.kafka.properties, config.ingest.kafka.properties);
  EXPECT_EQ(again->ingest.mapping.types, config.ingest.mapping.types);
  EXPECT_EQ(again->scoring.popularity.half_lives, config.scoring.popularity.half_lives);
}

TEST(ConfigPage, HoldsWhatTheProgramPrints) {
  std::ifstream file(kSourceDirectory / "docs/config.md");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  EXPECT_NE(page.find(config_reference()), std::string::npos)
      << "docs/config.md is stale: put the output of the program config_reference under \"All "
         "keys\"";
}

}  // namespace
}  // namespace freshet
