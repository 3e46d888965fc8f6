#include "config/secrets.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>

namespace freshet {
namespace {

constexpr std::size_t kSecretBytesMax = 64 << 10;

}  // namespace

bool is_secret_property(std::string_view name) {
  // librdkafka: sasl.password, ssl.key.password, ssl.keystore.password, ssl.key.pem,
  // sasl.oauthbearer.client.secret, sasl.oauthbearer.config (may hold one), and what is like them.
  constexpr std::array<std::string_view, 6> kSigns{"password",           "secret", "key.pem",
                                                   "oauthbearer.config", "token",  "jaas"};
  return std::any_of(kSigns.begin(), kSigns.end(), [&](std::string_view sign) {
    return name.find(sign) != std::string_view::npos;
  });
}

Result<std::string> read_secret_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kSecretBytesMax + 1, '\0');
  if (file) file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  if (!file.is_open() || file.bad() || text.size() > kSecretBytesMax) {
    return error(ErrorCode::kNotFound,
                 "file " + path + " cannot be read: name a readable file of at most 64 KiB");
  }
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

}  // namespace freshet
