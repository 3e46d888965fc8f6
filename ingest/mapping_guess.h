#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "config/ingest_config.h"
#include "ingest/field_survey.h"

namespace freshet {

/// What one field of the sample is taken for.
struct GuessedField {
  std::string role;  ///< A key of ingest.mapping, "context", or "" for none.
  std::string why;   ///< For people.
};

/// What a value of the type field means.
struct GuessedType {
  std::string value;
  double share = 0;     ///< Of the records.
  std::string meaning;  ///< An action's name, or "ignore" where nothing is known.
};

/// A mapping that fits a sample of records.
struct MappingGuess {
  EventMapping mapping;
  std::vector<std::string> context;  ///< As IngestConfig::context.
  std::vector<GuessedField> fields;  ///< Of the facts, same order.
  std::vector<GuessedType> types;    ///< Commonest first.
  std::vector<std::string> open;     ///< What could not be guessed, and what to do; for people.
};

/// Proposes a mapping: a field is chosen by its name and only if its values fit the role. What is
/// not found is left empty, never made up. Deterministic. Thread-safe.
MappingGuess guess_mapping(const std::vector<FieldFacts>& facts, std::size_t record_count);

}  // namespace freshet
