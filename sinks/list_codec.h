#pragma once

#include <functional>
#include <span>
#include <string>

#include "config/time.h"
#include "scoring/ranked_list.h"

namespace freshet {

/// Returns the title of an item, or an empty string when none is known. Must be thread-safe.
using TitleOf = std::function<std::string(const RankedItem&)>;

/// Returns a list as the JSON of the output topic: user_id, scenario, items[item_id, score,
/// propensity, reasons[source, because_of, share, text, rule]], scenarios{name: {items}},
/// model_version, partition, offset, epoch, revision, event_time,
/// published_time, fallback. Times are epoch milliseconds; because_of is null where there is none;
/// propensity, rule and scenarios stand only where there are any.
/// A list of no user (a visitor's) has user_id null and no position.
/// Items get a `title` where `title_of` is set and knows one. Thread-safe (no state).
std::string encode_list(const RankedList& list, EventTime published_time,
                        const TitleOf& title_of = nullptr);

/// Returns {"item_id": ..., "items": [...]} with items as in encode_list. Thread-safe (no state).
std::string encode_related(const std::string& item, std::span<const RankedItem> items,
                           const TitleOf& title_of = nullptr);

}  // namespace freshet
