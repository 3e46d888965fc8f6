#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "scoring/answers.h"
#include "scoring/knowledge.h"
#include "scoring/ranking/sentences.h"
#include "scoring/related/item_factor.h"

namespace freshet {

/// Lists of items that are the same for all users, best first, of available items alone. `factor`:
/// what rules do to scores, and whom they keep out.

/// What is asked of a list of what moves or of what is new.
struct ItemListWish {
  std::size_t count = 0;
  /// Path from the general to the special, parts joined by "/"; empty = any.
  std::string category;
  /// Values of the declared context keys, in their order, "" = any: whose events count. Of several
  /// values the first counts: what they have in common is not known.
  std::vector<std::string> context = {};
};

/// Items that users who had `row` went on to or came from, by the cosine of their visits.
std::vector<RankedItem> related_items(const Knowledge& knowledge, ItemRow row, std::size_t count,
                                      Language language, ItemFactor factor);

/// Items whose content is like that of `row`; score = cosine. At most as many as the index keeps
/// (ContentConfig::neighbours_max).
std::vector<RankedItem> similar_items(const Knowledge& knowledge, ItemRow row, std::size_t count,
                                      Language language, ItemFactor factor);

/// Items that have more of the newest events than they usually have with all users, by
/// ItemFigures::trend, which is that of the users who are asked for. Without a context it is one
/// pass over the catalogue.
std::vector<ItemFigures> trending_items(const Knowledge& knowledge, const ItemListWish& wish,
                                        ItemFactor factor);

/// The items that came into the catalogue last, newest first; with a context, of those that its
/// users are at.
std::vector<ItemFigures> newest_items(const Knowledge& knowledge, const ItemListWish& wish,
                                      ItemFactor factor);

/// What is known of the item of `row`.
ItemFigures figures_of(const Knowledge& knowledge, ItemRow row);

/// True if the row's item is of `category` or below it. False for an item without description,
/// unless `category` is empty.
bool in_category(const Catalogue& catalogue, ItemRow row, std::string_view category);

}  // namespace freshet
