#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sinks/http_exchange.h"

namespace freshet {

/// Returns `text` with %XX decoded, nothing when it is malformed. `plus_is_space` for queries.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);

/// Who may use a route: everybody, or those who bring the token (HttpGuard).
enum class Access { kOpen, kToken };

/// Finds the handler of a request by its path. Immutable once it is given to a server.
class HttpRouter {
 public:
  /// Adds a GET route; HEAD goes with it. A part such as "{id}" takes any one part that is not
  /// empty. Earlier routes win.
  void get(std::string_view pattern, HttpHandler handler, Access access = Access::kToken) {
    add("GET", pattern, std::move(handler), access);
  }

  /// Adds a POST route in the same way.
  void post(std::string_view pattern, HttpHandler handler) {
    add("POST", pattern, std::move(handler), Access::kToken);
  }

  /// Every route as "METHOD pattern", in the order they were added.
  std::vector<std::string> routes() const;

  /// What a request led to: a handler to call with `request`, or an error to send.
  struct Match {
    const HttpHandler* handler = nullptr;
    HttpRequest request;
    HttpResponse error;
    std::string route = "none";  ///< The pattern, for metrics: few values, whatever clients ask.
    Access access = Access::kToken;
  };

  /// Takes method and target as they stand in the request line. Errors: 400 broken encoding,
  /// 404 no such path, 405 the path has no such method.
  Match match(std::string_view method, std::string_view target) const;

 private:
  struct Route {
    std::string method;
    std::string pattern;
    std::vector<std::string> parts;
    HttpHandler handler;
    Access access;
  };
  using Params = std::map<std::string, std::string>;

  void add(const char* method, std::string_view pattern, HttpHandler handler, Access access);
  static bool fits(const Route& route, const std::vector<std::string>& parts, Params& params);
  const Route* find(std::string_view method, const std::vector<std::string>& parts,
                    Match& match) const;

  std::vector<Route> routes_;
};

}  // namespace freshet
