#pragma once

#include "config/result.h"
#include "config/scoring_config.h"
#include "scoring/network/network.h"

namespace freshet {

/// Returns how to make the network that the configuration asks for: null when it is switched off.
/// Errors: kInvalidConfig when the device cannot be had here.
Result<NetworkFactory> choose_network(const ScoringConfig& config);

}  // namespace freshet
