#include "sinks/http_tls.h"

#include <string>

namespace freshet {
namespace {

namespace ssl = boost::asio::ssl;

tl::unexpected<Error> unusable(const char* key, const std::string& path,
                               const boost::system::error_code& failure) {
  return error(ErrorCode::kInvalidConfig, std::string(key) + ": " + path + ": " +
                                              failure.message() +
                                              ": name a PEM file that this process may read, "
                                              "certificate and key of the same pair");
}

}  // namespace

Result<std::unique_ptr<ssl::context>> make_tls_context(const HttpConfig& config) {
  if (config.tls_certificate.empty()) return std::unique_ptr<ssl::context>();
  auto context = std::make_unique<ssl::context>(ssl::context::tls_server);
  boost::system::error_code failure;
  context->set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 |
                           ssl::context::no_sslv3 | ssl::context::no_tlsv1 |
                           ssl::context::no_tlsv1_1,
                       failure);
  context->use_certificate_chain_file(config.tls_certificate, failure);
  if (failure) return unusable("sinks.http.tls_certificate", config.tls_certificate, failure);
  context->use_private_key_file(config.tls_key, ssl::context::pem, failure);
  if (failure) return unusable("sinks.http.tls_key", config.tls_key, failure);
  return context;
}

}  // namespace freshet
