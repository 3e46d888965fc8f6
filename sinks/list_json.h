#pragma once

#include <span>
#include <string_view>

#include "scoring/ranked_list.h"
#include "sinks/json_text.h"
#include "sinks/list_codec.h"

namespace freshet {

/// Writes "reasons": [...] into an open object.
void put_reasons(JsonWriter& writer, std::span<const Reason> reasons);

/// Writes KEY: [items as in encode_list] into an open object.
void put_items(JsonWriter& writer, std::string_view key, std::span<const RankedItem> items,
               const TitleOf& title_of);

}  // namespace freshet
