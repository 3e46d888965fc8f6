#include "sinks/http_request_ids.h"

#include <absl/strings/str_cat.h>

namespace freshet {

std::string HttpRequestIds::choose(std::string_view given) {
  constexpr std::size_t kBytesMax = 64;
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-:";
  const bool sane = !given.empty() && given.size() <= kBytesMax &&
                    given.find_first_not_of(kAllowed) == std::string_view::npos;
  return sane ? std::string(given) : absl::StrCat(absl::Hex(random_(), absl::kZeroPad16));
}

}  // namespace freshet
