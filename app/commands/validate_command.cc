#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "app/commands/commands.h"
#include "app/commands/config_option.h"
#include "app/engine/encoder_choice.h"

namespace freshet {
namespace {

struct ValidateOptions {
  ConfigOption config;
  bool print = false;
};

Status check(const ValidateOptions& options) {
  auto config = options.config.load();
  if (!config) return tl::unexpected(config.error());
  if (const auto encoder = choose_encoder(config->scoring); !encoder)
    return tl::unexpected(encoder.error());
  if (options.print) {
    fmt::print("{}", to_yaml(*config));
  } else {
    fmt::print("{}: valid\n", options.config.path);
  }
  return {};
}

}  // namespace

void add_validate_command(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<ValidateOptions>();
  CLI::App* command =
      app.add_subcommand("validate", "Checks a configuration; lists all its problems at once");
  command->add_option("file", options->config.path, "YAML file")->required();
  command->add_flag("--print", options->print, "Print every key with its value, secrets masked");
  command->footer("Example:  freshet validate config/freshet.yaml");
  command->callback([options, &chosen] { chosen = [options] { return check(*options); }; });
}

void add_version_command(CLI::App& app, Command& chosen) {
  CLI::App* command = app.add_subcommand("version", "Prints the version");
  command->footer("Example:  freshet version");
  command->callback([&chosen] {
    chosen = []() -> Status {
      fmt::print("freshet {}\n", FRESHET_VERSION);
      return {};
    };
  });
}

}  // namespace freshet
