#pragma once

#include <random>
#include <string>
#include <string_view>

namespace freshet {

/// Names requests, so that one can be followed from the client through proxies to the log. Confined
/// to one thread.
class HttpRequestIds {
 public:
  /// Returns `given`, the client's X-Request-Id, where it may stand in a log and a header as it is:
  /// 1 to 64 letters, digits, `.`, `_`, `-`, `:`; else a new one.
  std::string choose(std::string_view given);

 private:
  std::mt19937_64 random_{std::random_device{}()};
};

}  // namespace freshet
