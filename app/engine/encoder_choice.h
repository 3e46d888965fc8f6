#pragma once

#include <memory>

#include "config/result.h"
#include "config/scoring_config.h"
#include "scoring/content/item_encoder.h"

namespace freshet {

/// Opens the item encoder that the configuration names; null when it names none. Errors:
/// kInvalidConfig when it cannot be loaded or does not give what the configuration says.
Result<std::unique_ptr<ItemEncoder>> choose_encoder(const ScoringConfig& config);

}  // namespace freshet
