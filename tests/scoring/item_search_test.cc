#include "scoring/item_search.h"

#include <gtest/gtest.h>

#include "ingest/event.h"
#include "scoring/knowledge.h"
#include "scoring/replica.h"

namespace freshet {
namespace {

/// A catalogue of `item-0`, `item-1`, ...: even ones are lamps, odd ones desks.
class ItemSearchTest : public testing::Test {
 protected:
  static constexpr int kItems = 100;

  ItemSearchTest() {
    Delta delta;
    delta.version = ModelVersion{1};
    for (int k = 0; k < kItems; ++k) {
      const std::string name = "item-" + std::to_string(k);
      delta.new_items.push_back({item_id_of(name), name});
      if (k == kItems - 1) continue;  // The last one is known by its id alone.
      ItemUpdate update{.id = item_id_of(name), .name = name};
      update.title = (k % 2 == 0 ? "Grand LAMP no" : "Small desk no") + std::to_string(k);
      update.category = {"home", k % 2 == 0 ? "light" : "lighter", "x" + std::to_string(k % 4)};
      update.price = k;
      delta.item_updates.push_back(update);
    }
    EXPECT_TRUE(replica_.apply(delta));
  }

  ItemPage find(ItemQuery query, std::size_t at_a_time = 7) {
    ItemSearch search(std::move(query));
    while (!search.look(replica_.knowledge(), at_a_time)) ++looks_;
    return search.take();
  }

  Replica replica_{ScoringConfig{}, nullptr};
  int looks_ = 0;
};

TEST_F(ItemSearchTest, GivesAPageOfTheWholeCatalogueInTheOrderOfFirstSight) {
  const ItemPage page = find({.from = 10, .count = 5});
  EXPECT_EQ(page.total, 100U);
  ASSERT_EQ(page.items.size(), 5U);
  EXPECT_EQ(page.items.front().item.name, "item-10");
  EXPECT_EQ(page.items.back().item.name, "item-14");
  EXPECT_EQ(page.categories, (std::vector<std::string>{"home"}));
  EXPECT_EQ(looks_, 14) << "no look is longer than asked for";
}

TEST_F(ItemSearchTest, FindsAllWordsInAnyCaseInTitleOrId) {
  EXPECT_EQ(find({.words = "lamp"}).total, 50U);
  EXPECT_EQ(find({.words = "  GRAND lamp NO42 "}).total, 1U);
  EXPECT_EQ(find({.words = "ITEM-99"}).total, 1U) << "an item without a title";
  EXPECT_EQ(find({.words = "grand desk"}).total, 0U);
}

TEST_F(ItemSearchTest, FindsACategoryWithAllBelowItAndNamesTheNextLevel) {
  const ItemPage page = find({.category = "home/light"});
  EXPECT_EQ(page.total, 50U) << "home/lighter is another one";
  EXPECT_EQ(page.categories, (std::vector<std::string>{"x0", "x2"}));
  EXPECT_EQ(find({.category = "home/light/x2"}).total, 25U);
  EXPECT_EQ(find({.words = "no2", .category = "home/light/x2"}).total, 3U) << "2, 22 and 26";
  EXPECT_EQ(find({.category = "garden"}).total, 0U);
}

TEST_F(ItemSearchTest, EndsWhereTheCatalogueDoes) {
  EXPECT_TRUE(find({.from = 1'000}).items.empty());
  EXPECT_EQ(find({.from = 98, .count = 20}).items.size(), 2U);
}

}  // namespace
}  // namespace freshet
