#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <string>
#include <vector>

#include "config/config.h"

namespace freshet {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot = FRESHET_ROOT;

std::vector<fs::path> yaml_files() {
  std::vector<fs::path> files;
  for (const char* folder : {"config", "docker"}) {
    for (const auto& entry : fs::recursive_directory_iterator(kRoot / folder)) {
      const auto ending = entry.path().extension();
      if (ending == ".yaml" || ending == ".yml") files.push_back(entry.path());
    }
  }
  return files;
}

TEST(YamlFiles, AreYaml) {
  const auto files = yaml_files();

  EXPECT_GE(files.size(), 5u);
  for (const fs::path& file : files) {
    EXPECT_NO_THROW(YAML::LoadFile(file.string())) << file;
  }
}

TEST(Compose, NamesOnlyServicesAndFilesThatExist) {
  const YAML::Node compose = YAML::LoadFile(kRoot / "docker/compose.yaml");

  for (const auto& service : compose["services"]) {
    const auto name = service.first.as<std::string>();
    EXPECT_TRUE(service.second["image"]) << name;
    for (const auto& needed : service.second["depends_on"]) {
      const auto other =
          needed.first.IsDefined() ? needed.first.as<std::string>() : needed.as<std::string>();
      EXPECT_TRUE(compose["services"][other]) << name << " depends on " << other;
    }
    for (const auto& volume : service.second["volumes"]) {
      const auto source = volume.as<std::string>().substr(0, volume.as<std::string>().find(':'));
      const bool exists = source.starts_with("./") ? fs::exists(kRoot / "docker" / source)
                                                   : compose["volumes"][source].IsDefined();
      EXPECT_TRUE(exists) << name << " mounts " << source;
    }
  }
}

TEST(ContainerConfig, IsValidWithATokenAlone) {
  const std::string path = kRoot / "docker/freshet.yaml";
  EXPECT_FALSE(load_config_file(path)) << "a container is reached from other machines";
  const auto config = load_config_file(path, [](const std::string& name) {
    return name == "FRESHET_HTTP_TOKEN" ? std::optional<std::string>("long enough") : std::nullopt;
  });

  ASSERT_TRUE(config) << config.error().text;
  EXPECT_EQ(config->ingest.kafka.brokers, "kafka:9092");
}

}  // namespace
}  // namespace freshet
