#pragma once

#include <string>
#include <vector>

#include "config/scoring_config.h"

namespace freshet {

/// A part of the model that can be left out, to see what it brings.
struct Ablation {
  std::string name;
  void (*leave_out)(ScoringConfig& config);
};

/// All of them.
const std::vector<Ablation>& ablations();

}  // namespace freshet
