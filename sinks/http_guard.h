#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "config/sinks_config.h"
#include "config/token_bucket.h"
#include "sinks/http_exchange.h"

namespace freshet {

/// Where a request comes from, by its headers; empty = not given.
struct HttpOrigin {
  std::string_view origin;      ///< Origin: of the page, from browsers alone.
  std::string_view fetch_site;  ///< Sec-Fetch-Site: from browsers alone.
  std::string_view host;        ///< Host: of the server, as the client knows it.
};

/// Decides who may ask, and how often. Confined to the server's thread.
class HttpGuard {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  explicit HttpGuard(const HttpConfig& config)
      : token_(config.token), per_second_(config.requests_per_second_max) {}

  /// Counts a request of `address`: token bucket, filled at the configured rate, of one second's
  /// requests. Returns the 429 to send when it is empty.
  std::optional<HttpResponse> admit(const std::string& address, TimePoint now);

  /// Returns the 401 to send unless `authorization`, the header's value, brings the token: "Bearer
  /// TOKEN", or "Basic" with TOKEN as the password of any user, which is what a browser asks
  /// people for. The time that it takes says nothing of how much of the token was right.
  std::optional<HttpResponse> authorize(std::string_view authorization) const;

  /// Returns the 403 to send when a browser brings what a page of another site wants to have done.
  /// Without a token the server must be named by an address or as localhost, too: else a name
  /// that somebody points at this machine would pass for its own page.
  std::optional<HttpResponse> check_origin(const HttpOrigin& from) const;

 private:
  /// Requests that a full bucket holds: one second's, at least one.
  double burst() const { return std::max(per_second_, 1.0); }
  TokenBucket& bucket_of(const std::string& address, TimePoint now);

  const std::string token_;
  const double per_second_;
  std::unordered_map<std::string, TokenBucket> buckets_;  // By client address; bounded.
};

}  // namespace freshet
