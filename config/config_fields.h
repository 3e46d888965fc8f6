#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "config/config.h"

namespace freshet {

/// Where a field's value stands; the type decides how it is written in YAML.
using FieldValue = std::variant<bool*, char*, std::uint16_t*, std::uint32_t*, std::uint64_t*,
                                double*, std::chrono::microseconds*, std::chrono::milliseconds*,
                                std::chrono::seconds*, std::string*, std::vector<std::string>*,
                                std::vector<double>*, std::map<std::string, std::string>*>;

/// What a field's value must obey on its own; relations between fields are code in validate.cc.
struct FieldRule {
  double min = -std::numeric_limits<double>::infinity();  ///< Durations: microseconds.
  double max = std::numeric_limits<double>::infinity();
  bool is_bytes = false;             ///< A size: may be written "64MiB".
  bool not_empty = false;            ///< Text and lists: at least one character or entry.
  bool secret = false;               ///< A text that is never shown.
  std::vector<std::string> choices;  ///< Closed set of a text, or of a map's values; empty = any.
};

/// One key of the configuration: everything that loading, checking, writing and documenting need.
struct ConfigField {
  std::string key;  ///< Dotted, for example "ingest.kafka.brokers".
  FieldValue value;
  FieldRule rule;
  std::string help;  ///< One line of Markdown: meaning and trade-off.
};

/// Collects the fields of one section, each named once. Confined to one thread.
class ConfigFields {
 public:
  /// Further keys stand under `section`.
  void section(const std::string& section) { prefix_ = section + "."; }

  void add(const std::string& name, FieldValue value, FieldRule rule, std::string help) {
    fields_.push_back({prefix_ + name, value, std::move(rule), std::move(help)});
  }

  std::vector<ConfigField> take() { return std::move(fields_); }

 private:
  std::string prefix_;
  std::vector<ConfigField> fields_;
};

/// Any value of the type will do.
inline FieldRule any() { return {}; }

/// Inclusive range of a number.
inline FieldRule between(double min, double max) { return {.min = min, .max = max}; }

/// Inclusive range of a duration.
inline FieldRule between(std::chrono::microseconds min, std::chrono::microseconds max) {
  return {.min = static_cast<double>(min.count()), .max = static_cast<double>(max.count())};
}

/// Inclusive range of a size in bytes.
inline FieldRule bytes_between(double min, double max) {
  return {.min = min, .max = max, .is_bytes = true};
}

/// A text, list or map that must not be empty.
inline FieldRule not_empty() { return {.not_empty = true}; }

/// A text that is never shown.
inline FieldRule secret() { return {.secret = true}; }

/// A text out of a closed set.
inline FieldRule one_of(std::vector<std::string> choices) {
  return {.choices = std::move(choices)};
}

void add_fields(ConfigFields& fields, IngestConfig& config);
void add_fields(ConfigFields& fields, StateConfig& config);
void add_fields(ConfigFields& fields, ScoringConfig& config);
void add_fields(ConfigFields& fields, SinksConfig& config);

/// Returns every field of `config`, in the order of the pages and samples. The fields point into
/// `config`, which must outlive them.
std::vector<ConfigField> config_fields(Config& config);

}  // namespace freshet
