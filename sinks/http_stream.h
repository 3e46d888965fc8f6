#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <chrono>
#include <optional>
#include <utility>

namespace freshet {

/// One connection as Beast reads and writes it: plain, or under TLS. Confined to the server's
/// thread.
class HttpStream {
 public:
  using executor_type = boost::beast::tcp_stream::executor_type;
  using ErrorCodeOf = boost::beast::error_code;

  /// `tls` must outlive the stream; null = plain.
  HttpStream(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context* tls)
      : plain_(std::move(socket)) {
    if (tls != nullptr) tls_.emplace(plain_, *tls);
  }

  executor_type get_executor() { return plain_.get_executor(); }
  boost::asio::ip::tcp::socket& socket() { return plain_.socket(); }
  void expires_after(std::chrono::steady_clock::duration wait) { plain_.expires_after(wait); }
  void expires_never() { plain_.expires_never(); }
  void close() { plain_.close(); }

  /// Agrees on the keys; without TLS it is done at once. `done(error)` is called later.
  template <class Done>
  void async_handshake(Done done) {
    if (!tls_) return boost::asio::post(get_executor(), [done] { done(ErrorCodeOf{}); });
    tls_->async_handshake(boost::asio::ssl::stream_base::server, std::move(done));
  }

  /// Says that nothing more comes from us. `done(error)` is called later.
  template <class Done>
  void async_finish(Done done) {
    if (tls_) return tls_->async_shutdown(std::move(done));
    ErrorCodeOf ignored;  // The client may have gone first.
    plain_.socket().shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
    boost::asio::post(get_executor(), [done] { done(ErrorCodeOf{}); });
  }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(ErrorCodeOf, std::size_t)>(
        [this](auto handler, const Buffers& to) {
          if (tls_) return tls_->async_read_some(to, std::move(handler));
          plain_.async_read_some(to, std::move(handler));
        },
        token, buffers);
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(ErrorCodeOf, std::size_t)>(
        [this](auto handler, const Buffers& from) {
          if (tls_) return tls_->async_write_some(from, std::move(handler));
          plain_.async_write_some(from, std::move(handler));
        },
        token, buffers);
  }

 private:
  boost::beast::tcp_stream plain_;
  // ssl::stream, not Beast's ssl_stream: it may stand on a stream that it does not own.
  std::optional<boost::asio::ssl::stream<boost::beast::tcp_stream&>> tls_;
};

}  // namespace freshet
