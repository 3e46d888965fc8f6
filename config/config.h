#pragma once

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

/// Reads YAML. Errors: kInvalidConfig with ALL problems, a line each, each with its dotted key:
/// unknown keys, wrong types, values out of range, relations between keys.
Result<Config> load_config(std::string_view yaml_text);

/// Reads a YAML file; errors as load_config, and kNotFound.
Result<Config> load_config_file(const std::string& path);

/// Returns every problem of `config`, a line each with its dotted key; empty = valid.
std::vector<std::string> validate(const Config& config);

/// Returns `config` as YAML, every key with its value; load_config reads it back.
std::string to_yaml(const Config& config);

}  // namespace freshet
