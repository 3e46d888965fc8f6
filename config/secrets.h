#pragma once

#include <string>
#include <string_view>

#include "config/result.h"

namespace freshet {

/// What stands for a secret wherever the configuration is shown.
inline constexpr std::string_view kMaskedSecret = "(secret)";

/// Says whether a librdkafka property's value must not be shown: passwords, keys and tokens, by
/// what the name holds.
bool is_secret_property(std::string_view name);

/// Reads a secret from a file, without the newline at its end. Errors: kNotFound (not a readable
/// file of at most 64 KiB); the text names the path, never the content.
Result<std::string> read_secret_file(const std::string& path);

}  // namespace freshet
