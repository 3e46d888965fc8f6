#pragma once

#include <string>

namespace freshet {

/// Returns Markdown: a table per section with every key, its kind, default, range and effect, from
/// the same fields that load_config reads. Thread-safe.
std::string config_reference();

}  // namespace freshet
