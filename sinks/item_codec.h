#pragma once

#include <string>

#include "scoring/answers.h"
#include "scoring/item_search.h"
#include "sinks/list_codec.h"

namespace freshet {

/// Returns an item as JSON; what is not known is left out or null. Thread-safe (no state).
std::string encode_item(const ItemFigures& item);

/// Returns {"items": [...], "total": N, "categories": [...]}. Thread-safe (no state).
std::string encode_items(const ItemPage& page);

/// Returns what goes with an item as the JSON of the related topic: item_id, related[as a list's
/// items], bundle[item_id, price, lift, confidence, support, because_of], model_version,
/// published_time. Thread-safe (no state).
std::string encode_relations(const ItemRelations& relations, EventTime published_time);

/// Returns a bundle as the contract's Bundle. Thread-safe (no state).
std::string encode_bundle(const Bundle& bundle, const TitleOf& title_of = nullptr);

}  // namespace freshet
