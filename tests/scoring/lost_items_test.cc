#include "scoring/refresh/lost_items.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ingest/event.h"

namespace freshet {
namespace {

using testing::UnorderedElementsAre;

ItemUpdate update_of(const std::string& name, bool available, bool removed = false) {
  return {.id = item_id_of(name), .name = name, .removed = removed, .available = available};
}

TEST(LostItems, AreThoseThatWereAvailableAndAreNoLonger) {
  Catalogue catalogue(CatalogueConfig{});
  for (const char* name : {"sold-out", "removed", "stays", "was-out", "evicted", "back-again"})
    catalogue.add({item_id_of(name), name});
  catalogue.update(update_of("was-out", false));
  Delta earlier;
  earlier.item_updates = {update_of("sold-out", false), update_of("back-again", false)};
  Delta delta;
  delta.earlier.push_back(earlier);
  delta.evicted = {catalogue.find(item_id_of("evicted"))};
  delta.item_updates = {update_of("removed", true, true), update_of("stays", true),
                        update_of("was-out", false), update_of("back-again", true),
                        update_of("unknown", false)};

  auto leaving = items_that_may_leave(catalogue, delta);
  for (const ItemUpdate& update : earlier.item_updates) catalogue.update(update);
  catalogue.evict(delta.evicted);
  for (const ItemUpdate& update : delta.item_updates) catalogue.update(update);

  EXPECT_THAT(
      unavailable_of(catalogue, std::move(leaving)),
      UnorderedElementsAre(item_id_of("sold-out"), item_id_of("removed"), item_id_of("evicted")));
}

}  // namespace
}  // namespace freshet
