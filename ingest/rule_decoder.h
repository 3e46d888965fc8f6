#pragma once

#include <memory>
#include <optional>
#include <string>
#include <tl/expected.hpp>

#include "config/ingest_config.h"
#include "config/rule_reader.h"
#include "ingest/dead_letter.h"
#include "ingest/record.h"

namespace freshet {

/// What a record of the rules topic says.
struct RuleUpdate {
  std::string name;
  std::optional<RuleConfig> rule;  ///< Empty = it is removed.
};

/// Turns records of the rules topic into rules (docs/rules.md): the key is the name, the value a
/// JSON object with the fields of `scoring.rules[]`. Confined to one thread.
class RuleDecoder {
 public:
  /// `scope`: what rules may refer to.
  RuleDecoder(const IngestConfig& config, RuleScope scope);
  ~RuleDecoder();
  RuleDecoder(RuleDecoder&&) noexcept;

  /// Decodes and checks one record. An error names all that is wrong with the rule.
  tl::expected<RuleUpdate, BadRecord> decode(const Record& record);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace freshet
