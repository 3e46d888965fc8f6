#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "app/evaluation/item_counts.h"
#include "app/evaluation/list_metrics.h"
#include "app/evaluation/probability_metrics.h"
#include "app/evaluation/ranking_metrics.h"

namespace freshet {
namespace {

using testing::IsNan;

std::vector<ItemId> items(std::initializer_list<std::uint64_t> values) {
  std::vector<ItemId> ids;
  for (const std::uint64_t value : values) ids.push_back({value});
  return ids;
}

TEST(RankingFigures, FollowTheirFormulasForABasket) {
  const auto figures = ranking_figures(items({9, 1, 8, 2, 7}), items({1, 2, 3}), 5);

  EXPECT_DOUBLE_EQ(figures.hit_rate, 1);
  EXPECT_DOUBLE_EQ(figures.recall, 2. / 3);
  EXPECT_DOUBLE_EQ(figures.precision, 2. / 5);
  EXPECT_DOUBLE_EQ(figures.f1, .5);
  EXPECT_DOUBLE_EQ(figures.mrr, 1. / 2);
  const double best = 1 + 1 / std::log2(3.) + 1 / std::log2(4.);
  EXPECT_DOUBLE_EQ(figures.ndcg, (1 / std::log2(3.) + 1 / std::log2(5.)) / best);
}

TEST(RankingFigures, LookAtTheFirstKAlone) {
  const auto figures = ranking_figures(items({9, 1, 8, 2, 7}), items({2}), 3);

  EXPECT_DOUBLE_EQ(figures.hit_rate, 0);
  EXPECT_DOUBLE_EQ(figures.ndcg, 0);
}

TEST(RankingFigures, AreZeroWithoutARelevantItem) {
  EXPECT_DOUBLE_EQ(ranking_figures(items({1, 2}), {}, 5).recall, 0);
  EXPECT_DOUBLE_EQ(ranking_figures(items({1, 2}), {}, 5).ndcg, 0);
}

TEST(RankTotals, GiveTheMeanOfListsWithOneRelevantItem) {
  RankTotals totals;
  totals.add(0);
  totals.add(3);
  totals.add(7);
  totals.add(kEvaluatedListMax);

  const auto at_5 = totals.at(5);
  EXPECT_DOUBLE_EQ(at_5.hit_rate, .5);
  EXPECT_DOUBLE_EQ(at_5.recall, .5);
  EXPECT_DOUBLE_EQ(at_5.precision, .1);
  EXPECT_DOUBLE_EQ(at_5.f1, 2 * .2 / 1.2 / 2);
  EXPECT_DOUBLE_EQ(at_5.mrr, (1 + .25) / 4);
  EXPECT_DOUBLE_EQ(at_5.ndcg, (1 + 1 / std::log2(5.)) / 4);
  EXPECT_DOUBLE_EQ(totals.at(20).hit_rate, .75);
}

TEST(RankTotals, GiveFiguresOfWhatCameSince) {
  RankTotals totals;
  totals.add(0);
  const RankTotals earlier = totals;
  totals.add(1);

  EXPECT_EQ(totals.since(earlier).lists(), 1u);
  EXPECT_DOUBLE_EQ(totals.since(earlier).at(20).mrr, .5);
}

TEST(RankTotals, AreZeroWithoutLists) { EXPECT_DOUBLE_EQ(RankTotals().at(20).recall, 0); }

TEST(ProbabilityTotals, CountPairsInTheRightOrderAsAuc) {
  ProbabilityTotals totals;
  totals.add_listed(.9F, true);
  totals.add_listed(.2F, true);
  totals.add_listed(.5F, false);
  totals.add_listed(.2F, false);

  // .9 beats both, .2 ties with one and loses to the other.
  EXPECT_DOUBLE_EQ(totals.auc(), 2.5 / 4);
}

TEST(ProbabilityTotals, TellProbabilitiesApartThatDifferByATenthOfAPercent) {
  ProbabilityTotals totals;
  totals.add_listed(1e-5F, false);
  totals.add_listed(1.001e-5F, true);

  EXPECT_DOUBLE_EQ(totals.auc(), 1);
}

TEST(ProbabilityTotals, LimitTheLossOfATargetThatWasNoCandidate) {
  ProbabilityTotals totals;
  totals.add_target(0);
  totals.add_target(.5F);

  EXPECT_DOUBLE_EQ(totals.log_loss(), (std::log(1e7) + std::log(2.)) / 2);
}

TEST(ProbabilityTotals, MeasureTheGapBetweenPromiseAndHitsBinByBin) {
  ProbabilityTotals totals;
  totals.add_listed(.25F, true);  // Bin (3/15, 4/15]: one of two, promised half of one.
  totals.add_listed(.25F, false);
  totals.add_listed(1, false);  // The last bin: promised one, none came.

  EXPECT_DOUBLE_EQ(totals.calibration_error(), (.5 + 1) / 3);
}

TEST(ProbabilityTotals, TakeWhatIsNoProbabilityForTheNearest) {
  ProbabilityTotals totals;
  totals.add_listed(std::numeric_limits<float>::quiet_NaN(), false);
  totals.add_listed(-1, false);
  totals.add_listed(7, true);

  EXPECT_DOUBLE_EQ(totals.auc(), 1);
  EXPECT_DOUBLE_EQ(totals.calibration_error(), 0);
}

TEST(ProbabilityTotals, AreNotDefinedWithoutEvents) {
  EXPECT_THAT(ProbabilityTotals().auc(), IsNan());
  EXPECT_THAT(ProbabilityTotals().log_loss(), IsNan());
  EXPECT_THAT(ProbabilityTotals().calibration_error(), IsNan());
}

TEST(ItemCounts, PlaceItemsByTheirEventsAndShareAPlaceWhenEqual) {
  ItemCounts counts;
  for (const std::uint64_t item : {1, 1, 1, 2, 3, 1}) counts.add({item});

  EXPECT_EQ(counts.events({1}), 4u);
  EXPECT_EQ(counts.events(), 6u);
  EXPECT_EQ(counts.place({1}), 1u);
  EXPECT_EQ(counts.place({2}), 2u);
  EXPECT_EQ(counts.place({3}), 2u);
  EXPECT_EQ(counts.place({4}), 0u);
  EXPECT_DOUBLE_EQ(counts.share({1}), 4. / 6);
  EXPECT_DOUBLE_EQ(counts.share({4}), 1. / 6);
}

double alike_if_near(ItemId a, ItemId b) {
  return a.value / 10 == b.value / 10 ? .8 : 0;  // Tens are kinds.
}

TEST(IntraListDiversity, IsTheMeanDistanceOfPairs) {
  EXPECT_DOUBLE_EQ(intra_list_diversity(items({11, 12, 21}), alike_if_near), (.2 + 1 + 1) / 3);
  EXPECT_DOUBLE_EQ(intra_list_diversity(items({11}), alike_if_near), 0);
}

ItemCategories tens(ItemId item) { return {item.value / 10}; }

TEST(CalibrationDivergence, IsZeroForTheSameMix) {
  EXPECT_NEAR(calibration_divergence(items({11, 21}), items({12, 22, 13, 23}), tens), 0, 1e-12);
}

TEST(CalibrationDivergence, GrowsWithWhatTheListLeavesOut) {
  const double divergence = calibration_divergence(items({11, 21}), items({12, 13}), tens);

  EXPECT_NEAR(divergence, .5 * std::log(.5 / (.99 + .005)) + .5 * std::log(.5 / .005), 1e-12);
}

TEST(CalibrationDivergence, AnItemCountsOnceHoweverManyCategoriesItHas) {
  const auto both = [](ItemId item) {
    return item.value == 9 ? ItemCategories{1, 2} : ItemCategories{item.value};
  };
  EXPECT_NEAR(calibration_divergence(items({9}), items({1, 2}), both), 0, 1e-12);
  EXPECT_NEAR(calibration_divergence(items({9, 3}), items({1, 2, 3, 3}), both), 0, 1e-12);
}

TEST(CalibrationDivergence, IsNotDefinedWithoutCategories) {
  EXPECT_THAT(calibration_divergence(items({1}), items({12}), tens), IsNan());
  EXPECT_THAT(calibration_divergence({}, items({12}), tens), IsNan());
}

TEST(Serendipity, IsWhatTheListPutsAbovePopularity) {
  EXPECT_DOUBLE_EQ(serendipity_of_hit(0, 51, 100, 20), .5 / 20);
  EXPECT_DOUBLE_EQ(serendipity_of_hit(5, 1, 100, 20), 0);
  EXPECT_DOUBLE_EQ(serendipity_of_hit(0, 0, 100, 20), 1. / 20);
}

TEST(Surprise, IsTheDistanceOfAHitThatPopularityDoesNotHave) {
  EXPECT_DOUBLE_EQ(surprise_of_hit({12}, items({21}), items({11, 31}), alike_if_near), 1 - .8);
  EXPECT_DOUBLE_EQ(surprise_of_hit({12}, items({12}), items({11}), alike_if_near), 0);
  EXPECT_DOUBLE_EQ(surprise_of_hit({12}, items({21}), items({11}), nullptr), 1);
}

TEST(ExposureTotals, CountWhatStoodAmongTheFirstK) {
  ExposureTotals totals;
  totals.add(items({1, 2, 3, 4, 5, 6}));
  totals.add(items({6, 1, 2, 3, 4, 5}));

  EXPECT_DOUBLE_EQ(totals.coverage(5, 10), .6);
  EXPECT_DOUBLE_EQ(totals.coverage(1, 10), .2);
  EXPECT_DOUBLE_EQ(totals.coverage(5, 0), 0);
}

TEST(ExposureTotals, SayHowUnevenlyTheCatalogueIsShown) {
  ExposureTotals even;
  even.add(items({1, 2, 3, 4}));
  EXPECT_DOUBLE_EQ(even.gini(4), 0);

  ExposureTotals one_item;
  one_item.add(items({1}));
  EXPECT_DOUBLE_EQ(one_item.gini(4), .75);
  EXPECT_THAT(ExposureTotals().gini(4), IsNan());
}

}  // namespace
}  // namespace freshet
