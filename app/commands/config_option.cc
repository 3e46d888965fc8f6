#include "app/commands/config_option.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <cstdlib>

namespace freshet {

void ConfigOption::add_to(CLI::App& command) {
  command.add_option("-c,--config", path,
                     "YAML file; see docs/config.md (default: built-in values)");
}

Result<Config> ConfigOption::load() const {
  if (path.empty()) return Config{};
  return load_config_file(path, process_environment());
}

EnvironmentLookup process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
  };
}

void log_to_stderr(const std::string& level) {
  spdlog::set_default_logger(spdlog::stderr_color_mt("freshet"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e %^%l%$ %v");
  spdlog::set_level(spdlog::level::from_str(level));
}

}  // namespace freshet
