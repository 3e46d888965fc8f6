#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>

#include "config/result.h"
#include "config/sinks_config.h"

namespace freshet {

/// Makes what TLS connections need of the configured certificate and key: TLS 1.2 and 1.3. Null
/// when none is configured. Errors: kInvalidConfig (a file cannot be read, the key does not fit).
Result<std::unique_ptr<boost::asio::ssl::context>> make_tls_context(const HttpConfig& config);

}  // namespace freshet
