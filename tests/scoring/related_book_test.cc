#include "scoring/related/related_book.h"

#include <gtest/gtest.h>

#include "ingest/event.h"

namespace freshet {
namespace {

WeightedItems weights(std::vector<std::pair<std::uint64_t, float>> items) {
  WeightedItems weights;
  for (const auto& [id, weight] : items) weights.emplace_back(ItemId{id}, weight);
  return weights;
}

ItemRelations relations(const std::string& name,
                        std::vector<std::pair<std::uint64_t, float>> related,
                        std::vector<std::pair<std::uint64_t, float>> bundle = {}) {
  ItemRelations relations{.id = item_id_of(name), .name = name};
  for (const auto& [id, score] : related)
    relations.related.push_back({.id = ItemId{id}, .score = score});
  for (const auto& [id, lift] : bundle)
    relations.bundle.items.push_back({.id = ItemId{id}, .lift = lift});
  return relations;
}

TEST(ChangeBetween, IsOneMinusTheWeightedJaccardSimilarity) {
  const auto list = weights({{1, 0.5F}, {2, 0.3F}, {3, 0.2F}});
  EXPECT_FLOAT_EQ(change_between(list, list), 0);
  EXPECT_FLOAT_EQ(change_between(list, weights({{3, 0.2F}, {1, 0.5F}, {2, 0.3F}})), 0);
  EXPECT_FLOAT_EQ(change_between(list, weights({{7, 1}})), 1);
  EXPECT_FLOAT_EQ(change_between({}, list), 1);
  EXPECT_FLOAT_EQ(change_between(list, {}), 1);
  EXPECT_FLOAT_EQ(change_between({}, {}), 0);
  EXPECT_FLOAT_EQ(change_between(list, weights({{1, 0.5F}, {2, 0.3F}, {4, 0.2F}})), 1 - 0.8F / 1.2F)
      << "one item for another";
  EXPECT_FLOAT_EQ(change_between(weights({{1, 2}}), weights({{1, 4}})), 0.5F)
      << "the lift has doubled";
}

TEST(RelatedBook, AnItemIsNewsAtFirstAndOnceItHasChangedEnough) {
  RelatedBook book(0.3, 10);
  const ItemRelations lamp = relations("lamp", {{1, 0.5F}, {2, 0.5F}}, {{3, 4}});
  EXPECT_TRUE(book.is_news(lamp));
  book.written(lamp);
  EXPECT_FALSE(book.is_news(lamp));
  EXPECT_FALSE(book.is_news(relations("lamp", {{1, 0.5F}, {2, 0.4F}}, {{3, 5}}))) << "a little";
  EXPECT_TRUE(book.is_news(relations("lamp", {{1, 0.5F}, {9, 0.5F}}, {{3, 4}})));
  EXPECT_TRUE(book.is_news(relations("lamp", {{1, 0.5F}, {2, 0.5F}}, {{3, 8}}))) << "the bundle";
  EXPECT_TRUE(book.is_news(relations("lamp", {}))) << "nothing goes with it any more";
}

TEST(RelatedBook, SmallChangesAddUp) {
  RelatedBook book(0.3, 10);
  book.written(relations("lamp", {{1, 1.0F}}));
  EXPECT_FALSE(book.is_news(relations("lamp", {{1, 0.8F}})));
  EXPECT_TRUE(book.is_news(relations("lamp", {{1, 0.6F}}))) << "against what was written";
}

TEST(RelatedBook, WithThresholdZeroEveryChangeCountsAndNoneDoesNot) {
  RelatedBook book(0, 10);
  const ItemRelations lamp = relations("lamp", {{1, 1}});
  book.written(lamp);
  EXPECT_FALSE(book.is_news(lamp));
  EXPECT_TRUE(book.is_news(relations("lamp", {{1, 1.01F}})));
}

TEST(RelatedBook, AnItemWithNothingBesideItIsNoNews) {
  EXPECT_FALSE(RelatedBook(0.3, 10).is_news(relations("lamp", {})));
}

TEST(RelatedBook, IsBoundedAndGivesItsItemsOneAfterTheOther) {
  RelatedBook book(0.3, 2);
  for (const char* name : {"a", "b"}) book.written(relations(name, {{1, 1}}));
  EXPECT_FALSE(book.is_news(relations("c", {{1, 1}}))) << "no room";
  EXPECT_TRUE(book.is_news(relations("a", {{2, 1}})));

  const auto first = book.after(std::nullopt);
  ASSERT_TRUE(first);
  const auto second = book.after(first);
  ASSERT_TRUE(second);
  EXPECT_FALSE(book.after(second));
  EXPECT_NE(book.name_of(*first), book.name_of(*second));
  book.erase(*first);
  EXPECT_EQ(book.after(std::nullopt), second);
  EXPECT_TRUE(book.is_news(relations("c", {{1, 1}}))) << "there is room again";
}

}  // namespace
}  // namespace freshet
