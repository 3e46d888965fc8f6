#pragma once

#include <string>

#include "scoring/learning/model_versions.h"

namespace freshet {

/// Returns the model as JSON. Thread-safe (no state).
std::string encode_model(const ModelStatus& model);

}  // namespace freshet
