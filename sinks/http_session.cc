#include "sinks/http_session.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <exception>
#include <sstream>
#include <utility>

#include "sinks/http_event_sender.h"

namespace freshet {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

namespace {

constexpr std::chrono::seconds kIdleMax{60};
constexpr std::chrono::seconds kDrainMax{1};
constexpr std::size_t kDrainBytesMax = 1 << 20;
constexpr std::size_t kReadBytes = 4096;
constexpr std::size_t kTargetBytesMax = 8 << 10;
constexpr std::size_t kHeaderBytesMax = 16 << 10;

template <class Response>
void fill_header(Response& sent, const HttpResponse& response, const std::string& request_id,
                 bool keep_alive) {
  sent.set(http::field::server, "freshet");
  sent.set("X-Request-Id", request_id);
  sent.set(http::field::content_type, response.content_type);
  sent.set("X-Content-Type-Options", "nosniff");
  sent.set(http::field::cache_control, "no-store");
  for (const auto& [name, value] : response.headers) sent.set(name, value);
  sent.keep_alive(keep_alive);
}

bool is_json(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find_first_of("; "));
  return beast::iequals({type.data(), type.size()}, "application/json");
}

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

}  // namespace

void HttpMailbox::post(std::function<void()> call) {
  std::lock_guard lock(mutex_);
  if (io_ != nullptr) asio::post(*io_, std::move(call));
}

void HttpMailbox::close() {
  std::lock_guard lock(mutex_);
  io_ = nullptr;
}

HttpSession::HttpSession(std::uint64_t id, asio::ip::tcp::socket socket,
                         const HttpSessionContext& context)
    : id_(id),
      context_(context),
      stream_(std::move(socket), context.tls),
      answer_timer_(stream_.get_executor()) {}

HttpSession::~HttpSession() { context_.on_end(id_); }

void HttpSession::start() {
  beast::error_code ignored;  // answers are small: waiting to fill a packet only costs time
  stream_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
  address_ = stream_.socket().remote_endpoint(ignored).address().to_string();
  stream_.expires_after(context_.config.request_timeout);
  stream_.async_handshake([self = shared_from_this()](beast::error_code failure) {
    if (!failure) self->await_request();
  });
}

void HttpSession::close() {
  idle_since_.reset();
  stream_.close();
}

void HttpSession::await_request() {
  if (buffer_.size() > 0) return read_request();  // the client did not wait for our answer
  if (request_ == 0) {
    stream_.expires_after(context_.config.request_timeout);
  } else {
    idle_since_ = std::chrono::steady_clock::now();
    stream_.expires_after(kIdleMax);
    context_.on_idle();
  }
  stream_.async_read_some(buffer_.prepare(kReadBytes),
                          [self = shared_from_this()](beast::error_code failure, std::size_t size) {
                            if (failure) return;
                            self->buffer_.commit(size);
                            self->read_request();
                          });
}

void HttpSession::read_request() {
  idle_since_.reset();
  ++request_;
  route_ = "none";
  request_id_.clear();
  asked_at_ = std::chrono::steady_clock::now();
  parser_.emplace();
  const std::size_t bytes_max = context_.config.request_bytes_max;
  parser_->header_limit(static_cast<std::uint32_t>(std::min(bytes_max, kHeaderBytesMax)));
  parser_->body_limit(bytes_max);
  stream_.expires_after(context_.config.request_timeout);
  http::async_read(stream_, buffer_, *parser_,
                   [self = shared_from_this()](beast::error_code failure, std::size_t) {
                     self->on_request(failure);
                   });
}

void HttpSession::on_request(beast::error_code failure) {
  if (failure) return refuse(failure);
  stream_.expires_never();  // the answer has a timer of its own
  asked_at_ = std::chrono::steady_clock::now();
  if (parser_->get().target().size() > kTargetBytesMax) {
    return send(problem(414, "the address is longer than 8 KiB"), /*keep_alive=*/false);
  }
  dispatch();
}

void HttpSession::refuse(beast::error_code failure) {
  const bool is_http =
      failure.category() == http::make_error_code(http::error::bad_target).category();
  if (!is_http || failure == http::error::end_of_stream ||
      failure == http::error::partial_message) {
    return;  // the client left or was too slow
  }
  if (failure == http::error::body_limit) {
    return send(problem(413, "the request is larger than " +
                                 std::to_string(context_.config.request_bytes_max) + " bytes"),
                /*keep_alive=*/false);
  }
  if (failure == http::error::header_limit) {
    const bool in_first_line = parser_->get().target().empty();
    return send(in_first_line ? problem(414, "the address is longer than 8 KiB")
                              : problem(431, "the header is longer than 16 KiB"),
                /*keep_alive=*/false);
  }
  send(problem(400, "this is not HTTP: " + failure.message()), /*keep_alive=*/false);
}

void HttpSession::dispatch() {
  const auto& request = parser_->get();
  auto match = context_.router.match(view(request.method_string()), view(request.target()));
  route_ = match.route;
  awaiting_answer_ = true;
  if (auto refusal = turn_away(match.access)) return answer(request_, *std::move(refusal));
  if (match.handler == nullptr) return answer(request_, std::move(match.error));
  await_answer(request_);
  try {
    (*match.handler)(take_request(std::move(match.request)), respond_to(request_));
  } catch (const std::exception& failure) {
    answer(request_, problem(500, std::string("the handler failed: ") + failure.what()));
  }
}

std::optional<HttpResponse> HttpSession::turn_away(Access access) {
  auto refusal = context_.guard.admit(address_, std::chrono::steady_clock::now());
  if (refusal || access == Access::kOpen) return refusal;
  refusal = context_.guard.authorize(view(parser_->get()[http::field::authorization]));
  return refusal || parser_->get().method() != http::verb::post ? refusal : turn_away_post();
}

std::optional<HttpResponse> HttpSession::turn_away_post() {
  const auto& request = parser_->get();
  auto refusal = context_.guard.check_origin({.origin = view(request[http::field::origin]),
                                              .fetch_site = view(request["Sec-Fetch-Site"]),
                                              .host = view(request[http::field::host])});
  if (refusal || request.body().empty() || is_json(view(request[http::field::content_type]))) {
    return refusal;
  }
  return problem(415, "the body must be JSON: send it with Content-Type: application/json");
}

HttpRequest HttpSession::take_request(HttpRequest matched) {
  matched.body = std::move(parser_->get().body());
  return matched;
}

void HttpSession::await_answer(std::uint64_t request) {
  answer_timer_.expires_after(context_.config.request_timeout);
  answer_timer_.async_wait([self = shared_from_this(), request](beast::error_code failure) {
    if (failure) return;
    self->answer(request,
                 problem(504, "no answer within " +
                                  std::to_string(self->context_.config.request_timeout.count()) +
                                  " ms; the pipeline may be starting or behind"));
  });
}

Respond HttpSession::respond_to(std::uint64_t request) {
  return [mailbox = context_.mailbox, session = weak_from_this(), request](HttpResponse response) {
    mailbox->post([session, request, response = std::move(response)]() mutable {
      if (const auto self = session.lock()) self->answer(request, std::move(response));
    });
  };
}

void HttpSession::answer(std::uint64_t request, HttpResponse response) {
  if (!awaiting_answer_ || request != request_) return;  // too late, or a second call
  awaiting_answer_ = false;
  answer_timer_.cancel();
  send(std::move(response), parser_->get().keep_alive());
}

void HttpSession::note_answer(unsigned status) {
  if (context_.observer) context_.observer(route_, status);
  const auto level = context_.config.access_log ? spdlog::level::info : spdlog::level::debug;
  if (!spdlog::should_log(level)) return;
  const auto taken = std::chrono::steady_clock::now() - asked_at_;
  spdlog::log(level, "http {} {} {} {} {} us", request_id_, view(parser_->get().method_string()),
              route_, status, std::chrono::duration_cast<std::chrono::microseconds>(taken).count());
}

/// The end of the connection ends the stream: no length, no chunks, whatever the version.
void HttpSession::stream(const HttpResponse& response) {
  note_answer(response.status);
  http::response<http::empty_body> head(http::status::ok, 11);
  fill_header(head, response, request_id_, /*keep_alive=*/false);
  std::ostringstream text;
  text << head.base();
  const std::shared_ptr<HttpStream> connection(shared_from_this(), &stream_);
  const auto sender = std::make_shared<HttpEventSender>(
      connection, context_.mailbox,
      HttpEventLimits{context_.config.request_timeout, context_.open_streams});
  response.stream(sender->start(text.str()));
}

void HttpSession::send(HttpResponse response, bool keep_alive) {
  if (request_id_.empty()) {
    request_id_ = context_.ids.choose(view(parser_->get()["X-Request-Id"]));
  }
  if (response.stream) {
    response.content_type = "text/event-stream";
    const bool room = context_.open_streams < context_.config.streams_max;
    if (room && parser_->get().method() != http::verb::head) return stream(response);
    if (!room) {
      response = problem(503,
                         "sinks.http.streams_max lists are being watched already: try later, "
                         "or raise it");
    }
  }
  note_answer(response.status);
  stream_.expires_after(context_.config.request_timeout);
  const auto write = [&](auto sent) {
    auto& owned = *sent;
    http::async_write(
        stream_, owned,
        [self = shared_from_this(), sent, keep_alive](beast::error_code failure, std::size_t) {
          self->on_sent(failure, keep_alive);
        });
  };
  const auto status = static_cast<http::status>(response.status);
  const unsigned version = parser_->get().version() == 10 ? 10 : 11;
  if (parser_->get().method() == http::verb::head) {
    auto sent = std::make_shared<http::response<http::empty_body>>(status, version);
    fill_header(*sent, response, request_id_, keep_alive);
    sent->content_length(response.body.size());
    return write(std::move(sent));
  }
  auto sent = std::make_shared<http::response<http::string_body>>(status, version);
  fill_header(*sent, response, request_id_, keep_alive);
  sent->body() = std::move(response.body);
  sent->prepare_payload();
  write(std::move(sent));
}

void HttpSession::on_sent(beast::error_code failure, bool keep_alive) {
  if (failure) return;
  if (keep_alive) return await_request();
  // Closing with unread bytes would reset the connection before the client has read our answer.
  stream_.expires_after(kDrainMax);
  stream_.async_finish([self = shared_from_this()](beast::error_code failed) {
    if (!failed) self->drain(kDrainBytesMax);
  });
}

void HttpSession::drain(std::size_t bytes_left) {
  buffer_.clear();
  stream_.async_read_some(
      buffer_.prepare(kReadBytes),
      [self = shared_from_this(), bytes_left](beast::error_code failure, std::size_t size) {
        if (!failure && size < bytes_left) self->drain(bytes_left - size);
      });
}

}  // namespace freshet
