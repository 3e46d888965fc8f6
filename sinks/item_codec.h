#pragma once

#include <string>

#include "scoring/item_search.h"

namespace freshet {

/// Returns an item as JSON; what is not known is left out or null. Thread-safe (no state).
std::string encode_item(const ItemFigures& item);

/// Returns {"items": [...], "total": N, "categories": [...]}. Thread-safe (no state).
std::string encode_items(const ItemPage& page);

}  // namespace freshet
