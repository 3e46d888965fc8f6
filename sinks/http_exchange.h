#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace freshet {

class EventChannel;

/// One HTTP request, percent-decoded.
struct HttpRequest {
  std::string method;
  std::string target;                        ///< As it stands in the request line.
  std::string path;                          ///< Without the query; still percent-encoded.
  std::map<std::string, std::string> query;  ///< "?count=20" -> {"count", "20"}; the last one wins.
  std::map<std::string, std::string> params;  ///< Values of the route's "{name}" parts.
  std::string body;                           ///< Of a POST: JSON, by its content type.
};

/// What is sent back.
struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::map<std::string, std::string> headers;  ///< Further ones.
  /// Set = the answer is a stream of server-sent events without end: called once, on the server's
  /// thread, with the way to the client. `body` and `content_type` do not count then.
  std::function<void(std::shared_ptr<EventChannel>)> stream = nullptr;
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
