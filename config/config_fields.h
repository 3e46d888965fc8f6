#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "config/config.h"

namespace freshet {

class FieldSections;

/// Where a field's value stands; the type decides how it is written in YAML.
using FieldValue =
    std::variant<bool*, char*, std::uint16_t*, std::uint32_t*, std::uint64_t*, double*,
                 std::optional<std::uint64_t>*, std::optional<double>*, std::chrono::microseconds*,
                 std::chrono::milliseconds*, std::chrono::seconds*, EventTime*, std::string*,
                 std::vector<std::string>*, std::vector<double>*,
                 std::map<std::string, std::string>*, std::shared_ptr<FieldSections>>;

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

/// A field whose value is sections of one shape: a list of them, or keys with a section each.
class FieldSections {
 public:
  virtual ~FieldSections() = default;

  /// They are written as keys with sections, and a section does not hold its own name.
  virtual bool named() const = 0;
  virtual std::size_t size() const = 0;
  virtual std::string name(std::size_t index) const = 0;
  /// Appends a section with defaults.
  virtual void add(const std::string& name) = 0;
  /// Forgets all of them.
  virtual void clear() = 0;
  /// Returns the fields of one of them, keys without what stands above; they point into it until
  /// the next `add`.
  virtual std::vector<ConfigField> fields(std::size_t index) = 0;
  /// Returns the fields of one with defaults; they point to nothing that anybody reads.
  virtual std::vector<ConfigField> default_fields() = 0;

  /// What stands behind the field's own key in the keys of one of them: "[0]" or ".name".
  std::string suffix(std::size_t index) const {
    return named() ? "." + name(index) : "[" + std::to_string(index) + "]";
  }
};

/// Collects the fields of one section, each named once. Confined to one thread.
class ConfigFields {
 public:
  /// Further keys stand under `section`.
  void section(const std::string& section) { prefix_ = section.empty() ? "" : section + "."; }

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

/// Returns the fields of one rule, keys without what stands above; they point into it.
std::vector<ConfigField> rule_fields(RuleConfig& rule);
std::vector<ConfigField> scenario_fields(ScenarioConfig& scenario);

void add_fields(ConfigFields& fields, IngestConfig& config);
void add_fields(ConfigFields& fields, StateConfig& config);
void add_fields(ConfigFields& fields, ScoringConfig& config);
void add_fields(ConfigFields& fields, SinksConfig& config);

/// Returns every field of `config`, in the order of the pages and samples. The fields point into
/// `config`, which must outlive them.
std::vector<ConfigField> config_fields(Config& config);

}  // namespace freshet
