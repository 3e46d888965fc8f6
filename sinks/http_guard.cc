#include "sinks/http_guard.h"

#include <absl/strings/escaping.h>
#include <absl/strings/match.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <cmath>

namespace freshet {
namespace {

/// Client addresses that are told apart; beyond it, those that have been silent make room, and if
/// there are none, the new ones share one bucket.
constexpr std::size_t kAddressesMax = 10'000;

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

/// Debian builds Abseil with a string_view of its own.
absl::string_view view(std::string_view text) { return {text.data(), text.size()}; }

bool starts_with(std::string_view text, std::string_view scheme) {
  return absl::StartsWithIgnoreCase(view(text), view(scheme));
}

std::string password_of(std::string_view base64) {
  std::string decoded;
  const std::size_t colon = absl::Base64Unescape(view(base64), &decoded) ? decoded.find(':') : 0;
  return colon == std::string::npos || decoded.empty() ? "" : decoded.substr(colon + 1);
}

/// [::1]:8080 -> [::1], localhost:8080 -> localhost
std::string_view without_port(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  const bool port =
      colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos;
  return port ? host.substr(0, colon) : host;
}

bool is_address_or_localhost(std::string_view host) {
  const std::string_view name = without_port(host);
  return name == "localhost" || name.starts_with('[') ||
         name.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace

std::optional<HttpResponse> HttpGuard::check_origin(const HttpOrigin& from) const {
  const std::size_t scheme = from.origin.find("://");
  const bool browser = !from.origin.empty() || !from.fetch_site.empty();
  const bool same_site =
      from.fetch_site.empty() || from.fetch_site == "same-origin" || from.fetch_site == "none";
  const bool same_page = from.origin.empty() || (scheme != std::string_view::npos &&
                                                 from.origin.substr(scheme + 3) == from.host);
  const bool named_well = !browser || !token_.empty() || is_address_or_localhost(from.host);
  if (same_site && same_page && named_well) return std::nullopt;
  return problem(403,
                 "a page of another site may not do this: send it from the console, or from a "
                 "program");
}

std::optional<HttpResponse> HttpGuard::admit(const std::string& address, TimePoint now) {
  if (per_second_ <= 0) return std::nullopt;
  TokenBucket& bucket = bucket_of(address, now);
  if (bucket.allows_one(now)) {
    bucket.take(1);
    return std::nullopt;
  }
  auto response = problem(429, "more than sinks.http.requests_per_second_max requests came from " +
                                   address + ": ask less often");
  response.headers["Retry-After"] = "1";
  return response;
}

std::optional<HttpResponse> HttpGuard::authorize(std::string_view authorization) const {
  if (token_.empty()) return std::nullopt;
  constexpr std::string_view kBearer = "Bearer ";
  constexpr std::string_view kBasic = "Basic ";
  std::string given;
  if (starts_with(authorization, kBearer)) {
    given = authorization.substr(kBearer.size());
  } else if (starts_with(authorization, kBasic)) {
    given = password_of(authorization.substr(kBasic.size()));
  }
  if (equal_in_constant_time(given, token_)) return std::nullopt;
  auto response =
      problem(401, given.empty() ? "send the header Authorization: Bearer with sinks.http.token"
                                 : "the token is wrong: send the value of sinks.http.token");
  response.headers["WWW-Authenticate"] = "Basic realm=\"freshet\", charset=\"UTF-8\"";
  return response;
}

TokenBucket& HttpGuard::bucket_of(const std::string& address, TimePoint now) {
  const TokenBucket full(per_second_, burst(), burst(), now);
  if (const auto it = buckets_.find(address); it != buckets_.end()) return it->second;
  if (buckets_.size() >= kAddressesMax) {
    const auto silent = std::chrono::duration<double>(std::max(1.0, 1 / per_second_));
    std::erase_if(buckets_,
                  [&](const auto& entry) { return now - entry.second.filled_time() > silent; });
  }
  const bool room = buckets_.size() < kAddressesMax;
  return buckets_.try_emplace(room ? address : "others", full).first->second;
}

}  // namespace freshet
