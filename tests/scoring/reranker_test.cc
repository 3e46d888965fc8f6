#include "scoring/ranking/reranker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

namespace freshet {
namespace {

constexpr std::size_t kItems = 40;

/// Items that are visited one after the other, with known similarities.
class Reranking : public testing::Test {
 protected:
  Reranking() : popularity_(PopularityConfig{}), covisitation_(CovisitationConfig{}) {
    popularity_.grow(kItems);
    covisitation_.grow(kItems);
    for (ItemRow row = 0; row < kItems; ++row) popularity_.observe(row);
  }

  /// Users go from `from` to `to` so many times.
  void visit(ItemRow from, ItemRow to, std::size_t times) {
    const ContextStep step{.row = from, .same_session = true};
    for (std::size_t k = 0; k < times; ++k) {
      covisitation_.observe(to, {&step, 1}, {});
      popularity_.observe(to);
      popularity_.observe(from);
    }
  }

  float similarity(ItemRow a, ItemRow b) const {
    if (a == b) return 1;
    const PairCounts* pair = covisitation_.find(a, b);
    return pair == nullptr ? 0
                           : covisitation_cosine(*pair, static_cast<float>(popularity_.count(a)),
                                                 static_cast<float>(popularity_.count(b)));
  }

  std::vector<ItemRow> choose(const RerankDials& dials, const std::vector<PoolItem>& pool,
                              std::size_t count, std::set<ItemRow> refused = {}) {
    std::vector<ItemRow> rows;
    reranker_.choose(
        dials, pool, count, [&](const PoolItem& item) { return !refused.contains(item.row); },
        [&](const PoolItem& item) { rows.push_back(item.row); });
    return rows;
  }

  static std::vector<PoolItem> pool(std::size_t items, float step) {
    std::vector<PoolItem> pool;
    for (std::size_t k = 0; k < items; ++k)
      pool.push_back(
          {static_cast<ItemRow>(k), -step * static_cast<float>(k), static_cast<std::uint32_t>(k)});
    return pool;
  }

  Popularity popularity_;
  Covisitation covisitation_;
  Reranker reranker_{covisitation_, popularity_};
};

TEST_F(Reranking, WithoutDialsKeepsTheOrderAndPassesOverWhatIsRefused) {
  EXPECT_EQ(choose({}, pool(6, 1), 3, {1, 2}), (std::vector<ItemRow>{0, 3, 4}));
}

TEST_F(Reranking, BothMeasuresPutTheLikeOfTheFirstBehind) {
  visit(0, 1, 30);
  for (const bool by_volume : {true, false}) {
    const auto rows = choose({.diversity = 0.5F, .by_volume = by_volume}, pool(6, 0.1F), 6);
    EXPECT_EQ(rows.front(), 0U);
    EXPECT_GE(std::find(rows.begin(), rows.end(), 1U) - rows.begin(), 3) << by_volume;
  }
}

/// log det of the similarities of `rows`, by Gaussian elimination: no part of the code under test.
double log_volume(const std::vector<ItemRow>& rows,
                  const std::function<float(ItemRow, ItemRow)>& similarity) {
  const std::size_t n = rows.size();
  std::vector<std::vector<double>> matrix(n, std::vector<double>(n));
  for (std::size_t a = 0; a < n; ++a)
    for (std::size_t b = 0; b < n; ++b) matrix[a][b] = similarity(rows[a], rows[b]);
  double sum = 0;
  for (std::size_t k = 0; k < n; ++k) {
    sum += std::log(std::max(matrix[k][k], 1e-9));
    for (std::size_t a = k + 1; a < n; ++a)
      for (std::size_t b = k + 1; b < n; ++b)
        matrix[a][b] -= matrix[a][k] * matrix[k][b] / matrix[k][k];
  }
  return sum;
}

TEST_F(Reranking, VolumeIsChosenGreedilyAsTheDeterminantSays) {
  const std::uint64_t seed = 7;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (std::size_t k = 0; k < 60; ++k)
    visit(static_cast<ItemRow>(random() % 12), static_cast<ItemRow>(random() % 12),
          1 + random() % 3);
  const auto similar = [this](ItemRow a, ItemRow b) { return similarity(a, b); };
  constexpr float kDial = 0.6F;
  const std::vector<PoolItem> items = pool(12, 1);

  const auto rows = choose({.diversity = kDial}, items, 6);

  // Each item must be the one that gains most, by a determinant made from scratch.
  std::vector<ItemRow> taken;
  for (const ItemRow row : rows) {
    double best = -1e9;
    ItemRow expected = 0;
    for (ItemRow other = 0; other < 12; ++other) {
      if (std::find(taken.begin(), taken.end(), other) != taken.end()) continue;
      std::vector<ItemRow> with = taken;
      with.push_back(other);
      const double volume = std::exp(log_volume(with, similar) - log_volume(taken, similar));
      const double variety = std::log(std::clamp(volume, double{Reranker::kVolumeMin}, 1.0)) /
                             -std::log(Reranker::kVolumeMin);
      const double relevance = 1 - static_cast<double>(other) / 11;
      const double value = (1 - kDial) * relevance + kDial * variety;
      if (value <= best + 1e-6) continue;
      best = value;
      expected = other;
    }
    EXPECT_EQ(row, expected) << "place " << taken.size();
    taken.push_back(row);
  }
}

TEST_F(Reranking, NoveltyPutsTheRareFirst) {
  visit(0, 1, 50);
  const auto rows = choose({.novelty = 1}, pool(3, 0.1F), 3);
  EXPECT_EQ(rows.front(), 2U);
}

TEST_F(Reranking, CalibrationBringsTheListToTheUsersShares) {
  const std::vector<PoolItem> items = pool(20, 0.1F);
  std::vector<ItemCategories> categories;
  for (std::size_t k = 0; k < items.size(); ++k) categories.push_back({k < 10 ? 1U : 2U});
  reranker_.calibrate({{1, 0.7F}, {2, 0.3F}}, categories);

  const auto rows = choose({.calibration = 1}, items, 10);

  EXPECT_EQ(rows.size(), 10U);
  EXPECT_EQ(std::count_if(rows.begin(), rows.end(), [](ItemRow row) { return row >= 10; }), 3);
}

/// K of a list, straight from its definition.
double divergence(const std::vector<CategoryShare>& user, const std::vector<ItemCategories>& list) {
  double sum = 0;
  for (const auto& [category, share] : user) {
    double listed = 0;
    for (const ItemCategories& categories : list) {
      const auto count = std::count_if(categories.begin(), categories.end(),
                                       [](std::uint64_t each) { return each != 0; });
      if (std::find(categories.begin(), categories.end(), category) != categories.end())
        listed += 1 / static_cast<double>(count);
    }
    const double p = share, q = listed / static_cast<double>(list.size());
    sum += p * std::log(p / (0.99 * q + 0.01 * p));
  }
  return sum;
}

TEST_F(Reranking, CalibrationCountsEachOfAnItemsCategories) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int run = 0; run < 20; ++run) {
    const auto some = [&] {
      ItemCategories categories{};
      const std::size_t count = random() % 4;
      for (std::size_t k = 0; k < count; ++k) categories[k] = 1 + 4 * k + random() % 4;
      return categories;
    };
    std::vector<ItemCategories> history, of;
    for (int k = 0; k < 10; ++k) history.push_back(some());
    for (std::size_t k = 0; k < kItems; ++k) of.push_back(some());
    const auto user = shares_of(history, 100);
    reranker_.calibrate(user, of);

    std::vector<ItemCategories> list;
    std::set<ItemRow> left;
    for (ItemRow row = 0; row < kItems; ++row) left.insert(row);
    for (const ItemRow row : choose({.calibration = 1}, pool(kItems, 0.1F), 10)) {
      list.emplace_back();
      const auto with = [&](ItemRow other) {
        list.back() = of[other];
        return divergence(user, list);
      };
      double least = with(row);
      for (const ItemRow other : left) least = std::min(least, with(other));
      EXPECT_NEAR(with(row), least, 1e-4) << "place " << list.size();
      left.erase(row);
    }
  }
}

TEST(CategoryShares, EachItemCountsOnceHoweverManyCategoriesItHas) {
  const std::vector<ItemCategories> history{{1}, {1, 2}, {}, {3, 2}, {2, 3, 4, 5}};
  const auto shares = shares_of(history, 3);
  ASSERT_EQ(shares.size(), 3U);
  EXPECT_EQ(shares[0].category, 1U);
  EXPECT_FLOAT_EQ(shares[0].share, 1.5F / 4);
  EXPECT_EQ(shares[1].category, 2U);
  EXPECT_FLOAT_EQ(shares[1].share, 1.25F / 4);
  EXPECT_EQ(shares[2].category, 3U);
  EXPECT_FLOAT_EQ(shares[2].share, 0.75F / 4);
  EXPECT_TRUE(shares_of({}, 3).empty());
}

TEST_F(Reranking, ListLongerThanWhatIsVariedIsFull) {
  const auto rows = choose({.diversity = 0.5F}, pool(kItems, 0.1F), kItems);
  EXPECT_EQ(std::set<ItemRow>(rows.begin(), rows.end()).size(), kItems);
}

}  // namespace
}  // namespace freshet
