#pragma once

#include <string>

#include "config/config.h"

namespace CLI {
class App;
}

namespace freshet {

/// The --config option that several commands share.
struct ConfigOption {
  std::string path;

  /// Adds --config to `command`.
  void add_to(CLI::App& command);

  /// Reads the file, with the environment for ${NAME}; the defaults when none was given.
  Result<Config> load() const;
};

/// Looks names up in the environment of this process.
EnvironmentLookup process_environment();

/// Sends our log to stderr, one line each, so that stdout carries results alone.
void log_to_stderr(const std::string& level);

}  // namespace freshet
