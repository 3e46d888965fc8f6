#include "scoring/catalogue/item_labels.h"

#include <gtest/gtest.h>

#include "ingest/event.h"

namespace freshet {
namespace {

std::uint64_t label(const std::string& text) { return item_id_of(text).value; }

ItemCategories categories_of(std::vector<std::string> path) {
  Catalogue catalogue{CatalogueConfig{}};
  LabelTable labels(catalogue);
  labels.want();
  const ItemUpdate update{.id = item_id_of("a"), .name = "a", .category = std::move(path)};
  catalogue.add({update.id, update.name});
  catalogue.update(update);
  const ItemRow row = catalogue.find(update.id);
  labels.update(row);
  return labels.of(row).categories;
}

TEST(ItemLabels, EveryNameOnThePathIsACategoryOnce) {
  EXPECT_EQ(categories_of({"home", "kitchen", "home", ""}),
            (ItemCategories{label("home"), label("kitchen")}));
  EXPECT_EQ(categories_of({}), ItemCategories{});
}

TEST(ItemLabels, OfALongPathTheFirstCount) {
  const ItemCategories categories = categories_of({"a", "b", "c", "d", "e", "f", "g", "h"});
  EXPECT_EQ(categories.front(), label("a"));
  EXPECT_EQ(categories.back(), label("f"));
}

}  // namespace
}  // namespace freshet
