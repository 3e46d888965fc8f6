#pragma once

#include <span>
#include <string_view>

namespace freshet {

/// One file of the console, compiled in.
struct ConsoleAsset {
  std::string_view path;  ///< On the server, for example "/console.css".
  std::string_view content_type;
  std::string_view body;
};

/// Returns the files of sinks/console/ and docs/openapi.yaml; made by sinks/console/embed.cmake.
/// Thread-safe.
std::span<const ConsoleAsset> console_assets();

}  // namespace freshet
