#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/ingest_config.h"
#include "config/result.h"
#include "config/scoring_config.h"
#include "config/sinks_config.h"
#include "config/state_config.h"

namespace freshet {

/// All of the configuration: one plain struct per folder. Immutable after construction.
struct Config {
  IngestConfig ingest;
  StateConfig state;
  ScoringConfig scoring;
  SinksConfig sinks;
};

/// What the environment says under a name; empty optional = not set.
using EnvironmentLookup = std::function<std::optional<std::string>(const std::string& name)>;

/// Reads YAML. `${NAME}` and `${NAME:-default}` in values ask `environment`; an empty function
/// knows no name. Errors: kInvalidConfig with ALL problems, a line each, as
/// "text: dotted.key: what is wrong: remedy": unknown keys, wrong types, values out of range,
/// relations between keys.
Result<Config> load_config(std::string_view yaml_text, const EnvironmentLookup& environment = {});

/// Reads a YAML file; errors as load_config with "path:line" for "text", and kNotFound.
Result<Config> load_config_file(const std::string& path, const EnvironmentLookup& environment = {});

/// Returns every problem of `config`, each as "dotted.key: what is wrong: remedy"; empty = valid.
std::vector<std::string> validate(const Config& config);

/// Whether `url` is http:// or https://, a host, perhaps a port, and nothing more.
bool is_base_url(std::string_view url);

enum class Secrets : std::uint8_t { kMasked, kShown };

/// Returns `config` as YAML, every key with its value. With kShown load_config reads it back;
/// masked secrets are written as "(secret)".
std::string to_yaml(const Config& config, Secrets secrets = Secrets::kMasked);

}  // namespace freshet
