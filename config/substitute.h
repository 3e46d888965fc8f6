#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "config/config.h"

namespace freshet {

/// Replaces `${NAME}` and `${NAME:-default}` in `text` by what `environment` knows; the default
/// stands in for a name that is unknown or empty. `${file:PATH}` is the content of a file, without
/// the newline at its end. `$${` is a literal `${`. Errors: a text for
/// people, what is wrong and the remedy. Thread-safe as far as `environment` is.
tl::expected<std::string, std::string> substitute_environment(std::string_view text,
                                                              const EnvironmentLookup& environment);

/// Spells `text` so that substitute_environment() gives it back unchanged. Thread-safe.
std::string escape_environment(std::string_view text);

}  // namespace freshet
