#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "config/config_fields.h"
#include "config/yaml_document.h"

namespace freshet {

/// Reads `node` into the value of `field`, with environment variables put in; a null `environment`
/// leaves texts as they are. Not for FieldSections. Returns what is wrong and the remedy, the value
/// then unchanged; empty = done. Thread-safe.
std::optional<std::string> parse_field(const YamlNode& node, const ConfigField& field,
                                       const EnvironmentLookup* environment);

/// Says what the field's own rule has against its value, and the remedy; empty = nothing. Not for
/// FieldSections. Thread-safe.
std::optional<std::string> check_field(const ConfigField& field);

/// Told of a problem: the key, and what is wrong and the remedy.
using ReportProblem = std::function<void(const std::string& key, const std::string& problem)>;

/// Reads the keys of `node` into `fields`, among which there are no sections; problems have
/// `prefix` in front of their keys. As parse_field for the rest.
void parse_section(const YamlNode& node, const std::string& prefix,
                   const std::vector<ConfigField>& fields, const EnvironmentLookup* environment,
                   const ReportProblem& report);

/// The same for a field that holds sections, in place of those it holds.
void parse_sections(const YamlNode& node, const ConfigField& field,
                    const EnvironmentLookup* environment, const ReportProblem& report);

}  // namespace freshet
