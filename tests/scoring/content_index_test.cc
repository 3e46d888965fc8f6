#include "scoring/content/content_index.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <set>

#include "ingest/event.h"
#include "scoring/experts/top_list.h"

namespace freshet {
namespace {

constexpr std::uint64_t kSeed = 11;

ItemUpdate item_titled(const std::string& name, const std::string& title) {
  return {.id = item_id_of(name), .name = name, .title = title};
}

/// A catalogue whose items change, and the index that follows it, as Knowledge does it.
struct Shop {
  explicit Shop(const ContentConfig& config = {}, std::size_t embedding_dim = 0)
      : catalogue({.embedding_dim = embedding_dim}), index(config, embedding_dim) {}

  ItemRow update(const ItemUpdate& item) {
    if (catalogue.find(item.id) == kNoRow) catalogue.add({item.id, item.name});
    const ItemRow row = catalogue.find(item.id);
    index.replace(row, catalogue.content(row), item);
    catalogue.update(item);
    return row;
  }

  std::vector<ScoredRow> neighbours(ItemRow row) const {
    std::vector<ScoredRow> nearest;
    index.neighbours(row, nearest);
    return nearest;
  }

  float cosine(ItemRow a, ItemRow b) const {
    ContentQuery query;
    index.take(query, index.vectors().slot_of(a));
    return query.cosine(index.vectors().slot_of(b));
  }

  Catalogue catalogue;
  ContentIndex index;
};

/// Words of a small vocabulary in random order.
std::string random_title(std::mt19937_64& random) {
  static const std::vector<std::string> words{
      "lamp", "red",  "ceramic", "coffee", "filter", "paper", "steel", "kettle", "green", "tea",
      "mug",  "wood", "spoon",   "table",  "chair",  "blue",  "soap",  "towel",  "hand",  "cream"};
  std::string title;
  for (int k = 0; k < 4; ++k) title += words[random() % words.size()] + " ";
  return title;
}

/// Best first, as the index has them.
std::vector<ScoredRow> all_neighbours(const Shop& shop, ItemRow row, std::size_t count) {
  std::vector<ScoredRow> all;
  for (ItemRow other = 0; other < shop.catalogue.size(); ++other)
    if (other != row && shop.cosine(row, other) >= 0.05F)
      all.push_back({other, shop.cosine(row, other)});
  keep_best(all, count);
  return all;
}

TEST(ContentIndex, NeighboursAreThoseOfAFullSearch) {
  std::printf("seed %llu\n", static_cast<unsigned long long>(kSeed));
  std::mt19937_64 random(kSeed);
  const ContentConfig config{.features_max = 64, .neighbours_max = 10};
  Shop shop(config);
  for (int k = 0; k < 150; ++k)
    shop.update(item_titled("item-" + std::to_string(k), random_title(random)));

  for (ItemRow row = 0; row < 150; ++row) {
    const auto expected = all_neighbours(shop, row, 10);
    const auto found = shop.neighbours(row);
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t k = 0; k < found.size(); ++k) {
      ASSERT_NEAR(found[k].score, expected[k].score, 1e-5F) << "row " << row << " place " << k;
    }
  }
}

TEST(ContentIndex, RebuildFromTheContentsKeepsNeighboursExact) {
  std::mt19937_64 random(kSeed);
  Shop shop({.features_max = 64, .neighbours_max = 10});
  for (int k = 0; k < 100; ++k)
    shop.update(item_titled("item-" + std::to_string(k), random_title(random)));
  EXPECT_TRUE(shop.index.outgrown());

  shop.index.rebuild(shop.catalogue);

  EXPECT_FALSE(shop.index.outgrown());
  for (ItemRow row = 0; row < 100; ++row) {
    const auto expected = all_neighbours(shop, row, 10);
    const auto found = shop.neighbours(row);
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t k = 0; k < found.size(); ++k)
      ASSERT_NEAR(found[k].score, expected[k].score, 1e-5F);
  }
}

TEST(ContentIndex, NearEmbeddingsAreNeighboursWithoutAnyText) {
  std::mt19937_64 random(kSeed);
  std::normal_distribution<float> normal;
  Shop shop({}, 16);
  for (int k = 0; k < 60; ++k) {
    ItemUpdate item = item_titled("item-" + std::to_string(k), "");
    for (int d = 0; d < 16; ++d) item.embedding.push_back(normal(random));
    shop.update(item);
    item.name += "-twin";
    item.id = item_id_of(item.name);
    for (float& x : item.embedding) x += 0.1F * normal(random);
    shop.update(item);
  }

  for (ItemRow row = 0; row < 120; row += 2) {
    const auto found = shop.neighbours(row);
    ASSERT_FALSE(found.empty());
    EXPECT_EQ(found[0].row, row + 1);
    EXPECT_GT(found[0].score, 0.9F);
  }
}

TEST(ContentIndex, TextAndEmbeddingShareTheCosine) {
  Shop shop({.embedding_share = 0.25}, 2);
  ItemUpdate a = item_titled("a", "red lamp"), b = item_titled("b", "red lamp");
  a.embedding = {1, 0};
  b.embedding = {0, 2};
  shop.update(a);
  shop.update(b);

  EXPECT_NEAR(shop.cosine(0, 1), 0.75F, 1e-5F);
  EXPECT_NEAR(shop.neighbours(0).at(0).score, 0.75F, 1e-5F);
}

TEST(ContentIndex, ChangedItemMovesToItsNewNeighbours) {
  Shop shop;
  const ItemRow lamp = shop.update(item_titled("lamp", "ceramic lamp red"));
  const ItemRow tea = shop.update(item_titled("tea", "green tea leaves"));
  const ItemRow moving = shop.update(item_titled("moving", "ceramic lamp red small"));
  ASSERT_EQ(shop.neighbours(lamp).at(0).row, moving);

  shop.update(item_titled("moving", "green tea leaves fine"));

  EXPECT_TRUE(shop.neighbours(lamp).empty());
  ASSERT_EQ(shop.neighbours(tea).size(), 1U);
  EXPECT_EQ(shop.neighbours(tea)[0].row, moving);
  EXPECT_NEAR(shop.neighbours(tea)[0].score, shop.cosine(tea, moving), 1e-5F);
}

TEST(ContentIndex, RemovedItemIsNobodysNeighbour) {
  Shop shop;
  const ItemRow lamp = shop.update(item_titled("lamp", "ceramic lamp"));
  shop.update(item_titled("gone", "ceramic lamp"));
  ASSERT_FALSE(shop.neighbours(lamp).empty());

  shop.update({.id = item_id_of("gone"), .name = "gone", .removed = true});

  EXPECT_TRUE(shop.neighbours(lamp).empty());
  shop.update({.id = item_id_of("lamp"), .name = "lamp", .removed = true});
  EXPECT_TRUE(shop.index.empty());
}

TEST(ContentIndex, MemoryStaysBoundedUnderAFloodOfUpdates) {
  std::mt19937_64 random(kSeed);
  const ContentConfig config{.features_max = 8, .neighbours_max = 8, .postings_max = 32};
  Shop shop(config);
  std::size_t after_first_round = 0;
  for (int round = 0; round < 4; ++round) {
    for (int k = 0; k < 500; ++k)
      shop.update(item_titled("item-" + std::to_string(k), random_title(random)));
    if (round == 0) after_first_round = shop.index.bytes();
  }

  EXPECT_EQ(shop.index.vectors().size(), 500U);
  EXPECT_LT(shop.index.bytes(), 2 * after_first_round);
  for (ItemRow row = 0; row < 500; ++row) ASSERT_LE(shop.neighbours(row).size(), 8U);
}

TEST(ContentIndex, NewPriceAloneChangesTraitsNotNeighbours) {
  Shop shop;
  ItemUpdate lamp = item_titled("lamp", "ceramic lamp");
  lamp.price = 10;
  const ItemRow row = shop.update(lamp);
  const ItemRow other = shop.update(item_titled("other", "ceramic lamp big"));
  lamp.price = 12;

  shop.update(lamp);

  EXPECT_FLOAT_EQ(shop.index.vectors().traits(shop.index.vectors().slot_of(row)).price, 12);
  ASSERT_EQ(shop.neighbours(other).size(), 1U);
  EXPECT_EQ(shop.neighbours(other)[0].row, row);
}

TEST(TextFeatures, CategoryPrefixesBrandAndTagsAreShared) {
  ItemUpdate a{.category = {"Home", "Lamps", "Desk"}, .brand = "Lux", .tags = {"new", "sale"}};
  ItemUpdate b{.category = {"Home", "Lamps", "Floor"}, .brand = "LUX", .tags = {"sale"}};
  std::vector<TextFeature> of_a, of_b;

  text_features(a, of_a);
  text_features(b, of_b);

  std::set<std::uint32_t> bins;
  for (const TextFeature& feature : of_a) bins.insert(feature.bin);
  std::size_t shared = 0;
  for (const TextFeature& feature : of_b) shared += bins.count(feature.bin);
  EXPECT_EQ(of_a.size(), 6U);
  EXPECT_EQ(of_b.size(), 5U);
  EXPECT_EQ(shared, 4U);  // Home, Home > Lamps, the brand, "sale".
}

TEST(TextFeatures, GramsOfOtherScriptsKeepWholeCharacters) {
  std::vector<TextFeature> shorter, longer;

  text_features(item_titled("a", "コーヒー"), shorter);
  text_features(item_titled("b", "アイスコーヒー"), longer);

  std::set<std::uint32_t> bins;
  for (const TextFeature& feature : longer) bins.insert(feature.bin);
  std::size_t shared = 0;
  for (const TextFeature& feature : shorter) shared += bins.count(feature.bin);
  // Grams of <コーヒー>: four of 3, three of 4, two of 5 characters; the word's end is shared.
  EXPECT_EQ(shorter.size(), 1U + 4U + 3U + 2U);
  EXPECT_EQ(shared, 3U + 2U + 1U);
}

TEST(TextFeatures, LongTextsAreCutShort) {
  ItemUpdate item = item_titled("a", "");
  for (int k = 0; k < 100'000; ++k) item.title += std::to_string(k) + " ";
  for (int k = 0; k < 1'000; ++k) item.tags.push_back(std::to_string(k));
  std::vector<TextFeature> features;

  text_features(item, features);

  EXPECT_LT(features.size(), 5 * kTextBytesMax + kTextsMax);
}

}  // namespace
}  // namespace freshet
