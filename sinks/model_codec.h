#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/ids.h"
#include "scoring/learning/model_versions.h"

namespace freshet {

/// What the learner does, and which versions can be gone back to.
struct ModelView {
  ModelVersion version;
  bool frozen = false;
  std::string guard;  ///< Its state's name.
  std::uint64_t learned_examples = 0;
  double loss = 0;                    ///< NaN = unknown.
  std::vector<KeptVersion> versions;  ///< Newest first.
};

/// Returns the model as JSON. Thread-safe (no state).
std::string encode_model(const ModelView& model);

}  // namespace freshet
