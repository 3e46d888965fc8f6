#include "sinks/http_server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>

#include "sinks/http_session.h"
#include "sinks/http_tls.h"

namespace freshet {

namespace asio = boost::asio;
using asio::ip::tcp;

class HttpServer::Impl {
 public:
  Impl(const HttpConfig& config, HttpRouter router, HttpObserver observer)
      : config_(config),
        router_(std::move(router)),
        observer_(std::move(observer)),
        guard_(config) {}

  ~Impl() {
    mailbox_->close();
    io_.stop();
    if (thread_.joinable()) thread_.join();
    ending_ = true;  // the sessions end with io_
  }

  Status listen() {
    auto tls = make_tls_context(config_);
    if (!tls) return tl::unexpected(tls.error());
    tls_ = std::move(*tls);
    boost::system::error_code failure;
    const auto address = asio::ip::make_address(config_.address, failure);
    if (failure) return refused("is no IP address");
    const tcp::endpoint endpoint(address, config_.port);
    acceptor_.open(endpoint.protocol(), failure);
    if (!failure) acceptor_.set_option(tcp::acceptor::reuse_address(true), failure);
    if (!failure) acceptor_.bind(endpoint, failure);
    if (!failure) acceptor_.listen(asio::socket_base::max_listen_connections, failure);
    if (failure) return refused(failure.message());
    port_ = acceptor_.local_endpoint().port();
    context_.emplace(session_context());
    accept();
    thread_ = std::jthread([this] { io_.run(); });
    return {};
  }

  std::uint16_t port() const { return port_; }

 private:
  Status refused(const std::string& cause) const {
    return error(ErrorCode::kUnavailable,
                 "cannot listen on " + config_.address + ":" + std::to_string(config_.port) + ": " +
                     cause + "; change sinks.http.address or sinks.http.port (0 = any free port)");
  }

  void accept() {
    acceptor_.async_accept([this](boost::system::error_code failure, tcp::socket socket) {
      if (failure == asio::error::operation_aborted) return;
      if (failure) return accept();  // the client left before we came to it
      waiting_ = std::move(socket);
      admit();
    });
  }

  /// Lets the waiting connection in; while all places are taken it waits, and with it all others.
  void admit() {
    if (!waiting_) return;
    if (sessions_.size() >= config_.connections_max) return close_longest_idle();
    const std::uint64_t id = ++last_session_;
    const auto session = std::make_shared<HttpSession>(id, *std::move(waiting_), *context_);
    waiting_.reset();
    sessions_[id] = session;
    session->start();
    accept();
  }

  /// Its end, a moment later, admits the waiting one.
  void close_longest_idle() {
    std::shared_ptr<HttpSession> longest;
    for (const auto& [id, weak] : sessions_) {
      auto session = weak.lock();
      if (!session || !session->idle_since()) continue;
      if (!longest || *session->idle_since() < *longest->idle_since()) longest = std::move(session);
    }
    if (longest) longest->close();
  }

  void on_end(std::uint64_t id) {
    if (ending_) return;
    sessions_.erase(id);
    admit_soon();
  }

  /// Not at once: the session that tells is in the middle of its work.
  void admit_soon() {
    if (waiting_) asio::post(io_, [this] { admit(); });
  }

  HttpSessionContext session_context() {
    return {.config = config_,
            .router = router_,
            .observer = observer_,
            .guard = guard_,
            .ids = ids_,
            .open_streams = open_streams_,
            .tls = tls_.get(),
            .mailbox = mailbox_,
            .on_idle = [this] { admit_soon(); },
            .on_end = [this](std::uint64_t id) { on_end(id); }};
  }

  const HttpConfig config_;
  const HttpRouter router_;
  const HttpObserver observer_;
  std::unordered_map<std::uint64_t, std::weak_ptr<HttpSession>> sessions_;
  std::uint64_t last_session_ = 0;
  std::uint16_t port_ = 0;
  bool ending_ = false;
  HttpGuard guard_;
  HttpRequestIds ids_;
  std::size_t open_streams_ = 0;
  std::unique_ptr<asio::ssl::context> tls_;
  const std::shared_ptr<HttpMailbox> mailbox_ = std::make_shared<HttpMailbox>(io_);
  std::optional<HttpSessionContext> context_;
  // After what its sessions use, as they end with its queue.
  asio::io_context io_{1};
  tcp::acceptor acceptor_{io_};
  std::optional<tcp::socket> waiting_;
  std::jthread thread_;
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;

Result<std::unique_ptr<HttpServer>> HttpServer::start(const HttpConfig& config, HttpRouter router,
                                                      HttpObserver observer) {
  auto impl = std::make_unique<Impl>(config, std::move(router), std::move(observer));
  FRESHET_RETURN_IF_ERROR(impl->listen());
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

std::uint16_t HttpServer::port() const { return impl_->port(); }

}  // namespace freshet
