#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "sinks/http_exchange.h"
#include "sinks/http_guard.h"
#include "sinks/http_request_ids.h"
#include "sinks/http_router.h"
#include "sinks/http_server.h"
#include "sinks/http_stream.h"

namespace freshet {

/// Brings calls to the server's thread for as long as there is a server. Thread-safe.
class HttpMailbox {
 public:
  explicit HttpMailbox(boost::asio::io_context& io) : io_(&io) {}

  /// Runs `call` on the server's thread, or drops it once the server has ended.
  void post(std::function<void()> call);

  /// The server ends: nothing is posted any more.
  void close();

 private:
  std::mutex mutex_;
  boost::asio::io_context* io_;  // guarded by mutex_; null = closed
};

/// What the sessions of a server share. Outlives them.
struct HttpSessionContext {
  const HttpConfig& config;
  const HttpRouter& router;
  const HttpObserver& observer;
  HttpGuard& guard;
  HttpRequestIds& ids;
  std::size_t& open_streams;
  boost::asio::ssl::context* tls;        ///< Null = plain HTTP.
  std::shared_ptr<HttpMailbox> mailbox;  ///< Shared with each Respond, which may outlive us.
  std::function<void()> on_idle;
  std::function<void(std::uint64_t session)> on_end;
};

/// One connection: reads a request, has it answered, and so on while it is kept alive.
/// Confined to the server's thread.
class HttpSession : public std::enable_shared_from_this<HttpSession> {
 public:
  HttpSession(std::uint64_t id, boost::asio::ip::tcp::socket socket,
              const HttpSessionContext& context);
  ~HttpSession();
  HttpSession(const HttpSession&) = delete;
  HttpSession& operator=(const HttpSession&) = delete;

  void start();

  /// Since when it has waited for a further request; empty while it works on one, and before its
  /// first, which may be on its way.
  std::optional<std::chrono::steady_clock::time_point> idle_since() const { return idle_since_; }

  /// Ends an idle session to make room.
  void close();

 private:
  using ErrorCodeOf = boost::beast::error_code;

  void await_request();
  void read_request();
  void on_request(ErrorCodeOf failure);
  void refuse(ErrorCodeOf failure);
  void dispatch();
  /// The answer to a request that may not be handled: too many, or without the token.
  std::optional<HttpResponse> turn_away(Access access);
  std::optional<HttpResponse> turn_away_post();
  HttpRequest take_request(HttpRequest matched);
  void await_answer(std::uint64_t request);
  Respond respond_to(std::uint64_t request);
  void answer(std::uint64_t request, HttpResponse response);
  void send(HttpResponse response, bool keep_alive);
  void stream(const HttpResponse& response);
  void note_answer(unsigned status);
  void on_sent(ErrorCodeOf failure, bool keep_alive);
  void drain(std::size_t bytes_left);

  const std::uint64_t id_;
  const HttpSessionContext& context_;
  HttpStream stream_;
  std::string address_;  ///< The client's.
  boost::asio::steady_timer answer_timer_;
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
  std::optional<std::chrono::steady_clock::time_point> idle_since_;
  std::string route_ = "none";
  std::string request_id_;  ///< X-Request-Id.
  std::chrono::steady_clock::time_point asked_at_{};
  std::uint64_t request_ = 0;  ///< Counts this connection's requests.
  bool awaiting_answer_ = false;
};

}  // namespace freshet
