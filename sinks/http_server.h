#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "config/result.h"
#include "config/sinks_config.h"
#include "sinks/http_exchange.h"
#include "sinks/http_router.h"

namespace freshet {

/// Called after each answer, on the server's thread; for metrics. `route` is the route's pattern.
using HttpObserver = std::function<void(const std::string& route, unsigned status)>;

/// Serves HTTP/1.1 on one thread of its own; connections, requests and waits are bounded.
///
/// When all connections are taken, the one idle longest makes room; if none is idle, new ones wait
/// in the system's queue. Thread-safe.
class HttpServer {
 public:
  /// Listens at once. Errors: kUnavailable (the port is taken, no such address), kInvalidConfig
  /// (certificate or key cannot be used).
  static Result<std::unique_ptr<HttpServer>> start(const HttpConfig& config, HttpRouter router,
                                                   HttpObserver observer = nullptr);

  /// Closes every connection. A Respond called later has no effect.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// The port it listens on, also where HttpConfig::port was 0.
  std::uint16_t port() const;

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace freshet
