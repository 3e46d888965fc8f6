#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "sinks/http_guard.h"
#include "sinks/http_router.h"
#include "sinks/json_input.h"
#include "tests/fuzz/fuzz_target.h"

using namespace freshet;

namespace http = boost::beast::http;

namespace {

HttpRouter make_router() {
  HttpRouter router;
  const auto handler = [](const HttpRequest&, Respond) {};
  router.get("/", handler);
  router.get("/v1/users/{user}/recommendations", handler);
  router.get("/v1/items/{item}", handler);
  router.get("/v1/items/{item}/related", handler);
  router.post("/v1/recommendations", handler);
  return router;
}

HttpConfig guarded() {
  HttpConfig config;
  config.token = "not to be guessed";
  return config;
}

/// Reads the body as a visitor's events; whatever it is, it is taken or refused.
void read_body(const std::string& body) {
  JsonInput input(body);
  std::int64_t count = 0;
  std::vector<std::string> exclude;
  std::map<std::string, std::string> context;
  input.read("count", count, 1, 500);
  input.read("exclude", exclude, 500);
  input.read("context", context);
  input.read("events", 200, [](JsonInput& event) {
    std::string item;
    event.require("item_id");
    event.read("item_id", item);
  });
  const Status status = input.finish();
  require(!status || (count <= 500 && exclude.size() <= 500), "what is taken keeps its bounds");
}

}  // namespace

/// The bytes of a connection: what is no request is refused, what is one finds a route or an
/// error, nobody gets in without the token, and no foreign page has anything done.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const HttpRouter router = make_router();
  static const HttpGuard guard(guarded());
  http::request_parser<http::string_body> parser;
  parser.header_limit(16 << 10);
  parser.body_limit(64 << 10);
  parser.eager(true);
  boost::beast::error_code failure;
  parser.put(boost::asio::buffer(data, size), failure);
  if (failure || !parser.is_header_done()) return 0;
  const auto& request = parser.get();
  const auto match = router.match({request.method_string().data(), request.method_string().size()},
                                  {request.target().data(), request.target().size()});
  require((match.handler != nullptr) != (match.error.status >= 400), "a handler, or an error");
  for (const auto& [name, value] : match.request.params)
    require(!value.empty(), "no part of an address that is taken is empty");
  read_body(request.body());
  const auto foreign = guard.check_origin({.origin = request[http::field::origin],
                                           .fetch_site = "cross-site",
                                           .host = request[http::field::host]});
  require(foreign.has_value(), "a page of another site is refused");
  const std::string_view authorization = request[http::field::authorization];
  const bool basic =
      authorization.size() > 1 && (authorization[1] == 'a' || authorization[1] == 'A');
  if (!basic && authorization.find(guarded().token) == std::string_view::npos)
    require(guard.authorize(authorization).has_value(), "no answer without the token");
  return 0;
}
