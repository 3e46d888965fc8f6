#pragma once

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstdint>
#include <string>

namespace freshet {

/// One connection to a server on this machine; what it sends is written out byte by byte.
class HttpClient {
 public:
  struct Answer {
    unsigned status = 0;  ///< 0 = the connection ended without one.
    std::string body;
    std::string content_type;
    std::string allow;
    std::string location;
    std::string request_id;
    std::uint64_t content_length = 0;
    bool keep_alive = false;
  };

  explicit HttpClient(std::uint16_t port) : socket_(io_) {
    socket_.connect({boost::asio::ip::address_v4::loopback(), port});
  }

  void send(const std::string& bytes) {
    boost::system::error_code ignored;  // the server may have hung up on us already
    boost::asio::write(socket_, boost::asio::buffer(bytes), ignored);
  }

  void send_get(const std::string& target, const std::string& method = "GET") {
    send(method + " " + target + " HTTP/1.1\r\nHost: here\r\n\r\n");
  }

  Answer receive(bool head = false) {
    namespace http = boost::beast::http;
    http::response_parser<http::string_body> parser;
    parser.skip(head);
    boost::system::error_code failure;
    http::read(socket_, buffer_, parser, failure);
    if (failure) return {};
    const auto& response = parser.get();
    return {.status = response.result_int(),
            .body = response.body(),
            .content_type = std::string(response[http::field::content_type]),
            .allow = std::string(response[http::field::allow]),
            .location = std::string(response[http::field::location]),
            .request_id = std::string(response["X-Request-Id"]),
            .content_length = parser.content_length().value_or(0),
            .keep_alive = response.keep_alive()};
  }

  Answer get(const std::string& target) {
    send_get(target);
    return receive();
  }

  /// `headers`: further lines, each with its end.
  Answer post(const std::string& target, const std::string& body,
              const std::string& headers = "Content-Type: application/json\r\n") {
    send("POST " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    return receive();
  }

  /// Waits until `end` has come and returns what came up to there; "" when the connection ended.
  std::string receive_until(const std::string& end) {
    std::string text;
    boost::system::error_code failure;
    const std::size_t size =
        boost::asio::read_until(socket_, boost::asio::dynamic_buffer(text), end, failure);
    return failure ? "" : text.substr(0, size);
  }

  /// True when the server has closed the connection; waits for it.
  bool ended() {
    char byte = 0;
    boost::system::error_code failure;
    socket_.read_some(boost::asio::buffer(&byte, 1), failure);
    return static_cast<bool>(failure);
  }

 private:
  boost::asio::io_context io_;
  boost::asio::ip::tcp::socket socket_;
  boost::beast::flat_buffer buffer_;
};

}  // namespace freshet
