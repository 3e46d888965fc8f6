#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "config/result.h"
#include "config/sinks_config.h"

namespace freshet {

/// Where a running Freshet answers.
struct HttpTarget {
  bool tls = false;
  std::string host;
  std::string port;
  std::string token;         ///< Empty = none is sent.
  std::string certificates;  ///< PEM file to trust beside the system's; empty = none.
};

/// Returns the target that `config` makes on this machine: any-address means loopback.
HttpTarget target_of(const HttpConfig& config);

/// Returns what `url` names: http://HOST[:PORT] or https://..., with an empty path or "/".
/// Errors: kInvalidConfig.
Result<HttpTarget> parse_target(std::string_view url);

/// Returns `text` with every byte outside [A-Za-z0-9._~-] as %XX.
std::string percent_encode(std::string_view text);

/// Sends one request and returns the body of a 2xx answer; redirects (307, 308) are followed, at
/// most five. `body` makes it a POST of JSON. Errors: kUnavailable (nobody answers there),
/// kTimedOut, kNotFound (404), kInvalidConfig (other 4xx), kInternal (5xx); the text is the
/// problem's detail. Thread-safe (no state).
Result<std::string> ask_http(const HttpTarget& target, const std::string& path,
                             const std::optional<std::string>& body = std::nullopt,
                             std::chrono::milliseconds timeout = std::chrono::seconds(10));

}  // namespace freshet
