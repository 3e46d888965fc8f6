#pragma once

#include <rapidjson/document.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "app/commands/config_option.h"
#include "sinks/http_client.h"

namespace freshet {

/// Which running Freshet a command asks, and how its answer is shown: options that several commands
/// share.
struct ApiOption {
  ConfigOption config;
  std::string url;
  bool json = false;

  /// Adds --config, --url and --json to `command`.
  void add_to(CLI::App& command);

  /// Asks `path`; `body` makes it a POST. Prints the answer: with --json as it came, else by
  /// `show`. Errors: those of ask_http and of the configuration.
  Status ask(const std::string& path, const std::function<void(const rapidjson::Value&)>& show,
             const std::optional<std::string>& body = std::nullopt) const;

 private:
  Result<HttpTarget> target() const;
};

/// Returns the member's text for people: strings as they are, numbers with at most `digits` behind
/// the point, "" for null and for what is missing.
std::string text_of(const rapidjson::Value& object, const char* member, int digits = 3);

/// Returns an array member's elements; none when it is missing.
std::vector<const rapidjson::Value*> elements_of(const rapidjson::Value& object,
                                                 const char* member);

/// Returns a time in epoch milliseconds as "2026-11-21 19:40:14" (UTC), "" for null.
std::string time_of(const rapidjson::Value& object, const char* member);

}  // namespace freshet
