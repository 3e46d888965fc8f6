#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/scoring_config.h"
#include "ingest/rule_decoder.h"

namespace freshet {

/// The rules that hold: those of the configuration, each replaced by the topic's of the same name,
/// then the topic's others by name. Confined to one thread.
class RuleShelf {
 public:
  explicit RuleShelf(const ScoringConfig& config)
      : rules_max_(config.rules_max), configured_(config.rules) {}

  /// Takes notice of what the topic says. A rule that is removed there gives way to the
  /// configuration's, if there is one. Errors: kBadValue when there are too many.
  tl::expected<void, BadRecord> update(RuleUpdate update);

  std::vector<RuleConfig> rules() const;

 private:
  bool is_configured(const std::string& name) const;

  const std::size_t rules_max_;
  const std::vector<RuleConfig> configured_;
  std::map<std::string, RuleConfig> from_topic_;
};

}  // namespace freshet
