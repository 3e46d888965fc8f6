#pragma once

#include <functional>
#include <map>
#include <string>

namespace freshet {

/// One HTTP request, percent-decoded.
struct HttpRequest {
  std::string method;
  std::string path;                          ///< Without the query; still percent-encoded.
  std::map<std::string, std::string> query;  ///< "?count=20" -> {"count", "20"}; the last one wins.
  std::map<std::string, std::string> params;  ///< Values of the route's "{name}" parts.
};

/// What is sent back.
struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::map<std::string, std::string> headers;  ///< Further ones.
};

/// Sends the answer. May be called from any thread and after the handler has returned; the first
/// call counts, and none does once the client has gone or the request has timed out.
using Respond = std::function<void(HttpResponse)>;

/// Answers a request by calling `respond` now or later. Runs on the server's thread: must not
/// block.
using HttpHandler = std::function<void(const HttpRequest& request, Respond respond)>;

/// Returns an error answer as application/problem+json (RFC 9457); the title goes by `status`.
HttpResponse problem(unsigned status, const std::string& detail);

}  // namespace freshet
