#include "config/config.h"
#include "tests/fuzz/fuzz_target.h"

using namespace freshet;

/// A configuration is loaded or refused with a text; what was loaded is valid and can be written
/// and read back.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto config = load_config(text_of(data, size), [](const std::string& name) {
    return name.size() % 2 == 0 ? std::optional<std::string>(name) : std::nullopt;
  });
  if (!config) {
    require(!config.error().text.empty(), "an error has a text");
    return 0;
  }
  require(validate(*config).empty(), "what was loaded is valid");
  const std::string written = to_yaml(*config, Secrets::kShown);
  const auto again = load_config(written);
  require(again.has_value(), "what was written can be read");
  require(to_yaml(*again, Secrets::kShown) == written, "and is the same");
  return 0;
}
