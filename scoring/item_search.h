#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "scoring/answers.h"
#include "scoring/network/network.h"

namespace freshet {

class Knowledge;

/// Returns the parts of a category joined by "/".
std::string category_path(const std::vector<std::string>& category);

/// A page of the catalogue.
struct ItemQuery {
  std::string words;  ///< All of them stand in the title or in the id; any case. Empty = any.
  /// Path from the general to the special, parts joined by "/"; what lies below it counts, too.
  std::string category;  ///< Empty = any.
  std::size_t from = 0;  ///< Items that fit to leave out before the first.
  std::size_t count = 20;
};

/// What an ItemQuery found, in the order in which the items came.
struct ItemPage {
  std::vector<ItemFigures> items;
  std::size_t total = 0;                ///< Items that fit.
  std::vector<std::string> categories;  ///< One level below the asked one; at most kCategoriesMax.
  static constexpr std::size_t kCategoriesMax = 500;
};

/// Looks through the catalogue some items at a time, so that lists need not wait meanwhile. An item
/// that comes or goes between two looks may be missed or counted twice. Confined to one thread.
class ItemSearch {
 public:
  explicit ItemSearch(ItemQuery query);

  /// Looks at the next `items_max` items; returns whether all were looked at.
  bool look(const Knowledge& knowledge, std::size_t items_max);

  /// What was found; the search is over.
  ItemPage take();

 private:
  bool fits(const Knowledge& knowledge, ItemRow row);
  bool has_words(std::string_view name, std::string_view title);
  /// False = the item is in another category. Notes the category below the asked one.
  bool below(const std::string& path);

  const ItemQuery query_;
  std::vector<std::string> words_;
  std::size_t next_ = 0;  // Index into Catalogue::by_age.
  ItemPage page_;
  std::set<std::string> categories_;
  std::string buffer_;
};

}  // namespace freshet
