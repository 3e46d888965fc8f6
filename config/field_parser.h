#pragma once

#include <optional>
#include <string>

#include "config/config_fields.h"
#include "config/yaml_document.h"

namespace freshet {

/// Reads `node` into the value of `field`, with environment variables put in. Returns what is wrong
/// and the remedy, the value then unchanged; empty = done. Thread-safe.
std::optional<std::string> parse_field(const YamlNode& node, const ConfigField& field,
                                       const EnvironmentLookup& environment);

/// Says what the field's own rule has against its value, and the remedy; empty = nothing.
/// Thread-safe.
std::optional<std::string> check_field(const ConfigField& field);

}  // namespace freshet
