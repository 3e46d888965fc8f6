#include "sinks/http_client.h"

#include <rapidjson/document.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <functional>
#include <utility>

namespace freshet {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

constexpr std::uint64_t kAnswerBytesMax = 64 << 20;
constexpr int kRedirectsMax = 5;

std::string url_of(const HttpTarget& target) {
  const bool is_ipv6 = target.host.find(':') != std::string::npos;
  return (target.tls ? "https://" : "http://") + (is_ipv6 ? "[" + target.host + "]" : target.host) +
         ":" + target.port;
}

Request request_of(const HttpTarget& target, const std::string& path,
                   const std::optional<std::string>& body) {
  Request request(body ? http::verb::post : http::verb::get, path, 11);
  request.set(http::field::host, target.host + ":" + target.port);
  request.set(http::field::user_agent, "freshet");
  if (!target.token.empty()) request.set(http::field::authorization, "Bearer " + target.token);
  if (body) {
    request.set(http::field::content_type, "application/json");
    request.body() = *body;
  }
  request.prepare_payload();
  return request;
}

/// One exchange on a connection of its own; asynchronous, because only that can time out.
class Exchange {
 public:
  Exchange(const HttpTarget& target, std::chrono::milliseconds timeout)
      : target_(target), deadline_(std::chrono::steady_clock::now() + timeout) {
    parser_.body_limit(kAnswerBytesMax);
  }

  Result<Response> run(Request request) {
    if (target_.tls) {
      FRESHET_RETURN_IF_ERROR(trust());
      beast::ssl_stream<beast::tcp_stream> stream(io_, context_);
      SSL_set_tlsext_host_name(stream.native_handle(), target_.host.c_str());
      stream.set_verify_callback(asio::ssl::host_name_verification(target_.host));
      connect(beast::get_lowest_layer(stream));
      step([&](auto done) {
        stream.async_handshake(asio::ssl::stream_base::client, std::move(done));
      });
      exchange(stream, request);
    } else {
      beast::tcp_stream stream(io_);
      connect(stream);
      exchange(stream, request);
    }
    if (failure_) return failed();
    return parser_.release();
  }

 private:
  Status trust() {
    boost::system::error_code ignored, failure;
    context_.set_default_verify_paths(ignored);
    context_.set_verify_mode(asio::ssl::verify_peer);
    if (target_.certificates.empty()) return {};
    context_.load_verify_file(target_.certificates, failure);
    if (!failure) return {};
    return error(ErrorCode::kInvalidConfig,
                 "read certificates " + target_.certificates + ": " + failure.message());
  }

  /// Starts one operation, unless one has failed, and runs until it is done.
  template <class Start>
  void step(Start start) {
    if (failure_) return;
    start([this](boost::system::error_code failure, auto&&...) { failure_ = failure; });
    io_.restart();
    io_.run();
  }

  void connect(beast::tcp_stream& stream) {
    asio::ip::tcp::resolver resolver(io_);
    const auto places = resolver.resolve(target_.host, target_.port, failure_);
    stream.expires_at(deadline_);
    step([&](auto done) { stream.async_connect(places, std::move(done)); });
  }

  template <class Stream>
  void exchange(Stream& stream, Request& request) {
    step([&](auto done) { http::async_write(stream, request, std::move(done)); });
    step([&](auto done) { http::async_read(stream, buffer_, parser_, std::move(done)); });
  }

  tl::unexpected<Error> failed() const {
    if (failure_ == beast::error::timeout)
      return error(ErrorCode::kTimedOut, url_of(target_) + " does not answer in time");
    return error(ErrorCode::kUnavailable, "nobody answers at " + url_of(target_) + " (" +
                                              failure_.message() +
                                              "); is `freshet run` running, and is it the right "
                                              "address? --url names another");
  }

  const HttpTarget& target_;
  const std::chrono::steady_clock::time_point deadline_;
  asio::io_context io_;
  asio::ssl::context context_{asio::ssl::context::tls_client};
  beast::flat_buffer buffer_;
  http::response_parser<http::string_body> parser_;
  boost::system::error_code failure_;
};

/// The detail of a problem document, else the whole body.
std::string detail_of(const Response& response) {
  rapidjson::Document problem;
  problem.Parse(response.body().c_str());
  if (!problem.HasParseError() && problem.IsObject() && problem.HasMember("detail") &&
      problem["detail"].IsString())
    return problem["detail"].GetString();
  return response.body().empty() ? std::string(response.reason()) : response.body();
}

ErrorCode code_of(unsigned status) {
  if (status == 404) return ErrorCode::kNotFound;
  if (status == 503) return ErrorCode::kUnavailable;
  if (status == 504) return ErrorCode::kTimedOut;
  return status < 500 ? ErrorCode::kInvalidConfig : ErrorCode::kInternal;
}

/// The target of a Location, which is a whole address, and the path in it.
Result<std::pair<HttpTarget, std::string>> redirected(const HttpTarget& from,
                                                      const std::string& location) {
  const std::size_t host = location.find("://");
  const std::size_t path = host == std::string::npos ? host : location.find('/', host + 3);
  if (path == std::string::npos)
    return error(ErrorCode::kInternal, "redirected to \"" + location + "\", which is no address");
  auto target = parse_target(location.substr(0, path));
  if (!target) return tl::unexpected(target.error());
  target->token = from.token;
  target->certificates = from.certificates;
  return std::pair(std::move(*target), location.substr(path));
}

}  // namespace

HttpTarget target_of(const HttpConfig& config) {
  const bool any = config.address == "0.0.0.0" || config.address == "::";
  return {.tls = !config.tls_certificate.empty(),
          .host = any ? "127.0.0.1" : config.address,
          .port = std::to_string(config.port),
          .token = config.token,
          .certificates = config.tls_certificate};
}

Result<HttpTarget> parse_target(std::string_view url) {
  const std::string said(url);
  HttpTarget target{.tls = url.starts_with("https://")};
  if (!target.tls && !url.starts_with("http://"))
    return error(ErrorCode::kInvalidConfig,
                 "\"" + said + "\" is no address; write http://HOST:PORT or https://HOST:PORT");
  url.remove_prefix(target.tls ? 8 : 7);
  if (url.ends_with('/')) url.remove_suffix(1);
  const std::size_t colon = url.rfind(':'), bracket = url.rfind(']');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  target.port = has_port ? std::string(url.substr(colon + 1)) : target.tls ? "443" : "80";
  std::string_view host = has_port ? url.substr(0, colon) : url;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  target.host = std::string(host);
  if (target.host.empty() || target.host.find('/') != std::string::npos || target.port.empty())
    return error(ErrorCode::kInvalidConfig,
                 "\"" + said + "\" is no address; write http://HOST:PORT without a path");
  return target;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kPlain = "._~-";
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_letter = (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
    if (is_letter || (byte >= '0' && byte <= '9') || kPlain.find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      encoded += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return encoded;
}

Result<std::string> ask_http(const HttpTarget& target, const std::string& path,
                             const std::optional<std::string>& body,
                             std::chrono::milliseconds timeout) {
  HttpTarget to = target;
  std::string at = path;
  for (int redirects = 0; redirects <= kRedirectsMax; ++redirects) {
    auto response = Exchange(to, timeout).run(request_of(to, at, body));
    if (!response) return tl::unexpected(response.error());
    const unsigned status = response->result_int();
    if (status >= 200 && status < 300) return std::move(response->body());
    if (status != 307 && status != 308) return error(code_of(status), detail_of(*response));
    auto next = redirected(to, std::string((*response)[http::field::location]));
    if (!next) return tl::unexpected(next.error());
    std::tie(to, at) = std::move(*next);
  }
  return error(ErrorCode::kInternal, url_of(target) + ": more than five redirects");
}

}  // namespace freshet
