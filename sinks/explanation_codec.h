#pragma once

#include <string>

#include "scoring/answers.h"

namespace freshet {

/// Returns an explanation as JSON; `title` is the item's, empty = unknown. Thread-safe (no state).
std::string encode_explanation(const Explanation& explanation, const std::string& title);

}  // namespace freshet
