#include "scoring/related/basket_pairs.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "scoring/related/basket_reader.h"

namespace freshet {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kSeed = 17;
constexpr auto kDay = std::chrono::hours(24);
const EventTime kStart{std::chrono::hours(24 * 20'000)};

RelatedConfig config_with(std::size_t partners_max) {
  RelatedConfig config;
  config.partners_max = partners_max;
  return config;
}

/// Counts a basket whose items come one after the other.
void put(BasketPairs& pairs, const std::vector<ItemRow>& basket, EventTime time = kStart) {
  for (std::size_t k = 0; k < basket.size(); ++k)
    pairs.observe(
        {.row = basket[k], .opens = k == 0, .time = time, .before = std::span(basket).first(k)});
}

BasketPairs pairs_of(std::size_t rows, const RelatedConfig& config = {}) {
  BasketPairs pairs(config);
  pairs.grow(rows);
  return pairs;
}

TEST(BasketPairs, ItemsThatAreBoughtTogetherHaveLiftAndOthersHaveNone) {
  BasketPairs pairs = pairs_of(40);
  std::mt19937_64 random(kSeed);
  for (std::size_t k = 0; k < 4'000; ++k) {
    const auto other = static_cast<ItemRow>(2 + random() % 38);
    put(pairs, k % 4 == 0 ? std::vector<ItemRow>{0, 1, other} : std::vector<ItemRow>{other});
  }

  EXPECT_NEAR(pairs.baskets(), 4'000, 1);
  EXPECT_NEAR(pairs.together(0, 1), 1'000, 1);
  EXPECT_NEAR(pairs.lift(0, 1), 4, 0.1);  // 1,000 of 4,000 baskets have both, 250 by chance.
  EXPECT_NEAR(pairs.lift(0, 20), 1, 0.35);
  EXPECT_FLOAT_EQ(pairs.lift(0, 1), pairs.lift(1, 0));
}

TEST(BasketPairs, APairSeenOnceSaysLittle) {
  BasketPairs pairs = pairs_of(4);
  for (std::size_t k = 0; k < 1'000; ++k) put(pairs, {0});
  put(pairs, {2, 3});

  EXPECT_GT(pairs.lift(2, 3), 1);
  EXPECT_LT(pairs.lift(2, 3), 1.3F);
}

TEST(BasketPairs, CountsHalveInTheHalfLifeWhicheverComesFirst) {
  RelatedConfig config;
  config.half_life = 30 * kDay;
  BasketPairs in_order = pairs_of(3, config), out_of_order = pairs_of(3, config);
  put(in_order, {0, 1}, kStart);
  put(in_order, {1, 2}, kStart + 30 * kDay);
  put(out_of_order, {1, 2}, kStart + 30 * kDay);
  put(out_of_order, {0, 1}, kStart);

  for (const BasketPairs* pairs : {&in_order, &out_of_order}) {
    EXPECT_NEAR(pairs->together(0, 1), 0.5, 1e-6);
    EXPECT_NEAR(pairs->together(1, 2), 1, 1e-6);
    EXPECT_NEAR(pairs->baskets(), 1.5, 1e-6);
  }
}

TEST(BasketPairs, YearsOfEventTimeKeepTheNewestCountsExact) {
  RelatedConfig config;
  config.half_life = 24h;
  BasketPairs pairs = pairs_of(3, config);
  for (int day = 0; day < 3'000; ++day) put(pairs, {0, 1}, kStart + day * kDay);

  EXPECT_NEAR(pairs.baskets(), 2, 1e-4);  // 1 + 1/2 + 1/4 + ...
  EXPECT_NEAR(pairs.together(0, 1), 2, 1e-4);
  EXPECT_NEAR(pairs.baskets(1), 2, 1e-4);
}

TEST(BasketPairs, OneEventInAFarFutureLeavesNothingThatIsNotFinite) {
  RelatedConfig config;
  config.half_life = 1h;
  BasketPairs pairs = pairs_of(3, config);
  put(pairs, {0, 1});
  put(pairs, {1, 2}, kStart + 40'000 * kDay);
  put(pairs, {0, 2}, kStart);

  EXPECT_NEAR(pairs.baskets(), 1, 1e-6);
  EXPECT_NEAR(pairs.together(1, 2), 1, 1e-6);
  EXPECT_NEAR(pairs.together(0, 1), 0, 1e-6);
  EXPECT_TRUE(std::isfinite(pairs.lift(0, 1)));
}

TEST(BasketPairs, MemoryIsBoundedAndFrequentPartnersStay) {
  constexpr std::size_t kRows = 500, kPartners = 16;
  BasketPairs pairs = pairs_of(kRows, config_with(kPartners));
  std::mt19937_64 random(kSeed);
  std::printf("seed %llu\n", static_cast<unsigned long long>(kSeed));
  for (std::size_t k = 0; k < 20'000; ++k) {
    const auto other = static_cast<ItemRow>(2 + random() % (kRows - 2));
    put(pairs, k % 5 == 0 ? std::vector<ItemRow>{0, 1} : std::vector<ItemRow>{0, other});
  }

  for (ItemRow row = 0; row < kRows; ++row) ASSERT_LE(pairs.partners(row).size(), kPartners);
  EXPECT_LE(pairs.bytes(), kRows * (40 + kPartners * sizeof(Partner)));
  EXPECT_NEAR(pairs.together(0, 1), 4'000, 20);
}

TEST(BasketPairs, RareItemRemembersThePopularOneThatForgotIt) {
  BasketPairs pairs = pairs_of(500, config_with(4));
  put(pairs, {0, 1});
  for (ItemRow row = 2; row < 500; ++row) put(pairs, {0, row});

  EXPECT_NEAR(pairs.together(0, 1), 1, 1e-6);
}

TEST(BasketPairs, EvictedItemLeavesNoTrace) {
  BasketPairs pairs = pairs_of(4);
  put(pairs, {0, 1, 2});

  pairs.evict(std::vector<ItemRow>{1});

  EXPECT_EQ(pairs.baskets(1), 0);
  EXPECT_EQ(pairs.together(0, 1), 0);
  EXPECT_TRUE(pairs.partners(1).empty());
  EXPECT_NEAR(pairs.together(0, 2), 1, 1e-6);
}

/// Items a, b, c, d, e have the rows 0 to 4.
class ReadingBaskets : public testing::Test {
 protected:
  ReadingBaskets() {
    for (const char* name : {"a", "b", "c", "d", "e"}) catalogue_.add({item_id_of(name), name});
  }

  void did(const std::string& item, Action action, bool session_start = false) {
    example_.history.push_back(
        {.item = item_id_of(item), .action = action, .session_start = session_start});
  }

  BasketRole read(const std::string& item, Action action) {
    example_.item = item_id_of(item);
    example_.item_name = item;
    example_.action = action;
    example_.offset = Offset{++offset_};
    return reader_.read(example_, catalogue_, before_);
  }

  Catalogue catalogue_{CatalogueConfig{}};
  BasketReader reader_;
  TrainingExample example_;
  std::vector<ItemRow> before_;
  std::int64_t offset_ = 0;
};

TEST_F(ReadingBaskets, BasketIsWhatTheSessionPutIntoIt) {
  did("e", Action::kPurchase, true);
  did("a", Action::kCart, true);
  did("d", Action::kClick);
  did("b", Action::kPurchase);

  EXPECT_EQ(read("c", Action::kPurchase), BasketRole::kJoins);
  EXPECT_EQ(before_, (std::vector<ItemRow>{1, 0}));
}

TEST_F(ReadingBaskets, ClickComesIntoNoBasket) {
  did("a", Action::kCart, true);

  EXPECT_EQ(read("c", Action::kClick), BasketRole::kNone);
  EXPECT_TRUE(before_.empty());
}

TEST_F(ReadingBaskets, OrderOfWhatIsInTheCartCountsNothingTwice) {
  did("a", Action::kCart, true);
  did("b", Action::kCart);

  EXPECT_EQ(read("a", Action::kPurchase), BasketRole::kNone);
  EXPECT_TRUE(before_.empty());
}

TEST_F(ReadingBaskets, SessionThatTheEventOpensHasAnEmptyBasket) {
  did("a", Action::kPurchase, true);
  example_.session_start = true;

  EXPECT_EQ(read("b", Action::kPurchase), BasketRole::kOpens);
}

TEST_F(ReadingBaskets, SecondItemOfOneEventOpensNoSecondBasket) {
  EXPECT_EQ(read("a", Action::kPurchase), BasketRole::kOpens);
  --offset_;
  EXPECT_EQ(read("b", Action::kPurchase), BasketRole::kJoins);
  EXPECT_EQ(read("c", Action::kPurchase), BasketRole::kOpens);
}

}  // namespace
}  // namespace freshet
