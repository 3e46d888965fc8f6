#include "sinks/http_tls.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <memory>

#include "sinks/http_server.h"
#include "tests/fakes/temporary_directory.h"
#include "tests/sinks/http_client.h"

namespace freshet {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

/// Writes a self-signed certificate for "localhost" and its key.
void write_pair(const std::string& certificate_path, const std::string& key_path) {
  const Key key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), &X509_free);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* name = X509_get_subject_name(certificate.get());
  const auto* host = reinterpret_cast<const unsigned char*>("localhost");
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, host, -1, -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  const std::unique_ptr<FILE, decltype(&fclose)> out(fopen(certificate_path.c_str(), "w"), &fclose);
  PEM_write_X509(out.get(), certificate.get());
  const std::unique_ptr<FILE, decltype(&fclose)> key_out(fopen(key_path.c_str(), "w"), &fclose);
  PEM_write_PrivateKey(key_out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
}

class HttpTlsTest : public ::testing::Test {
 protected:
  HttpTlsTest() {
    config_.port = 0;
    config_.token = "a long token";
    config_.tls_certificate = directory_.path() + "/certificate.pem";
    config_.tls_key = directory_.path() + "/key.pem";
    write_pair(config_.tls_certificate, config_.tls_key);
    router_.get("/hello", [](const HttpRequest&, Respond respond) { respond({.body = "hello"}); });
    router_.get(
        "/healthz", [](const HttpRequest&, Respond respond) { respond({.body = "ok"}); },
        Access::kOpen);
  }

  std::unique_ptr<HttpServer> start() {
    auto server = HttpServer::start(config_, router_);
    EXPECT_TRUE(server) << server.error().text;
    return *std::move(server);
  }

  /// Trusts the test's own certificate alone; status 0 = no answer.
  http::response<http::string_body> get(
      std::uint16_t port, const std::string& target, const std::string& authorization,
      asio::ssl::context::method method = asio::ssl::context::tls_client) {
    asio::io_context io;
    asio::ssl::context tls(method);
    tls.load_verify_file(config_.tls_certificate);
    asio::ssl::stream<asio::ip::tcp::socket> stream(io, tls);
    stream.set_verify_mode(asio::ssl::verify_peer);
    stream.lowest_layer().connect({asio::ip::address_v4::loopback(), port});
    http::response<http::string_body> response;
    response.result(0U);
    boost::system::error_code failure;
    stream.handshake(asio::ssl::stream_base::client, failure);
    if (failure) return response;
    http::request<http::empty_body> request(http::verb::get, target, 11);
    request.set(http::field::host, "localhost");
    if (!authorization.empty()) request.set(http::field::authorization, authorization);
    request.keep_alive(false);
    http::write(stream, request, failure);
    boost::beast::flat_buffer buffer;
    http::read(stream, buffer, response, failure);
    EXPECT_FALSE(failure) << failure.message();
    stream.shutdown(failure);
    EXPECT_FALSE(failure) << "the server must end TLS in good order: " << failure.message();
    return response;
  }

  TemporaryDirectory directory_;
  HttpConfig config_;
  HttpRouter router_;
};

TEST_F(HttpTlsTest, AnswersUnderTlsToThoseWhoBringTheToken) {
  const auto server = start();
  EXPECT_EQ(get(server->port(), "/hello", "Bearer a long token").body(), "hello");
  EXPECT_EQ(get(server->port(), "/hello", "").result_int(), 401U);
  EXPECT_EQ(get(server->port(), "/hello", "Bearer wrong").result_int(), 401U);
  EXPECT_EQ(get(server->port(), "/nowhere", "").result_int(), 401U)
      << "who may not ask does not learn what is there";
  EXPECT_EQ(get(server->port(), "/healthz", "").body(), "ok");
}

TEST_F(HttpTlsTest, SpeaksNeitherPlainHttpNorOldTls) {
  const auto server = start();
  HttpClient plain(server->port());
  plain.send_get("/healthz");
  EXPECT_EQ(plain.receive().status, 0U);
  EXPECT_EQ(get(server->port(), "/healthz", "", asio::ssl::context::tlsv11_client).result_int(),
            0U);
  EXPECT_EQ(get(server->port(), "/healthz", "").result_int(), 200U);
}

TEST_F(HttpTlsTest, HangsUpOnHandshakesThatDoNotEnd) {
  config_.request_timeout = std::chrono::milliseconds(50);
  const auto server = start();
  HttpClient silent(server->port());
  EXPECT_TRUE(silent.ended());
}

TEST_F(HttpTlsTest, NamesTheFileThatCannotBeUsed) {
  config_.tls_key = directory_.path() + "/missing.pem";
  const auto without_key = HttpServer::start(config_, router_);
  ASSERT_FALSE(without_key);
  EXPECT_EQ(without_key.error().code, ErrorCode::kInvalidConfig);
  EXPECT_NE(without_key.error().text.find("sinks.http.tls_key"), std::string::npos);
  EXPECT_NE(without_key.error().text.find("missing.pem"), std::string::npos);

  config_.tls_key = directory_.path() + "/other-key.pem";
  write_pair(directory_.path() + "/other.pem", config_.tls_key);
  EXPECT_FALSE(HttpServer::start(config_, router_)) << "the key of another certificate";
}

}  // namespace
}  // namespace freshet
