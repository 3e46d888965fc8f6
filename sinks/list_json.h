#pragma once

#include <span>

#include "scoring/ranked_list.h"
#include "sinks/json_text.h"

namespace freshet {

/// Writes "reasons": [...] into an open object.
void put_reasons(JsonWriter& writer, std::span<const Reason> reasons);

}  // namespace freshet
