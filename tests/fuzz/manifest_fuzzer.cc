#include <fmt/format.h>
#include <xxhash.h>

#include "state/snapshot_manifest.h"
#include "tests/fuzz/fuzz_target.h"

using namespace freshet;

namespace {

void check(std::string_view bytes) {
  const auto manifest = decode_manifest(bytes);
  if (!manifest) {
    require(!manifest.error().text.empty(), "an error has a text");
    return;
  }
  const auto again = decode_manifest(encode(*manifest));
  require(again && *again == *manifest, "what was read is written as it is");
}

}  // namespace

/// What stands in a snapshot directory, as it is and with a checksum that fits: read and the same
/// when written again, or refused.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = text_of(data, size);
  check(text);
  const std::string_view body = text.substr(0, text.find('\n'));
  check(fmt::format("{}\n{:016x}\n", body, XXH3_64bits(body.data(), body.size())));
  return 0;
}
