#include "scoring/refresh/lost_items.h"

namespace freshet {
namespace {

void collect(const Catalogue& catalogue, const Delta& delta, std::vector<ItemId>& items) {
  for (const Delta& earlier : delta.earlier) collect(catalogue, earlier, items);
  for (const ItemRow row : delta.evicted)
    if (row < catalogue.rows() && catalogue.available(row)) items.push_back(catalogue.item(row).id);
  for (const ItemUpdate& update : delta.item_updates) {
    if (update.available && !update.removed) continue;
    const ItemRow row = catalogue.find(update.id);
    if (row != kNoRow && catalogue.available(row)) items.push_back(update.id);
  }
}

}  // namespace

std::vector<ItemId> items_that_may_leave(const Catalogue& catalogue, const Delta& delta) {
  std::vector<ItemId> items;
  collect(catalogue, delta, items);
  return items;
}

std::vector<ItemId> unavailable_of(const Catalogue& catalogue, std::vector<ItemId> items) {
  std::erase_if(items, [&](ItemId item) {
    const ItemRow row = catalogue.find(item);
    return row != kNoRow && catalogue.available(row);
  });
  return items;
}

}  // namespace freshet
