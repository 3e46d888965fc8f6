#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "app/evaluation/quality_metrics.h"

namespace freshet {
namespace {

using testing::IsNan;

const std::vector<JudgedItem> kList = {
    {{1}, .5F, Source::kWalk}, {{2}, .3F, Source::kRepeat}, {{3}, .1F, Source::kWalk}};

JudgedEvent event_on(std::uint64_t target) {
  JudgedEvent event;
  event.list = kList;
  event.target = {target};
  event.target_probability = .25F;
  event.items = 10;
  return event;
}

const SliceFigures& slice(const EvaluatedQuality& figures, const std::string& name) {
  const auto found = std::find_if(figures.slices.begin(), figures.slices.end(),
                                  [&](const auto& candidate) { return candidate.name == name; });
  EXPECT_NE(found, figures.slices.end()) << name;
  return *found;
}

TEST(QualityMetrics, JudgeListsByTheItemThatCame) {
  const ItemCounts counts;
  QualityMetrics metrics(counts);
  metrics.judge(event_on(2));
  metrics.judge(event_on(9));

  const EvaluatedQuality figures = metrics.figures();
  EXPECT_EQ(figures.events, 2u);
  EXPECT_EQ(figures.at[0].k, 5u);
  EXPECT_DOUBLE_EQ(figures.at_20().recall, .5);
  EXPECT_DOUBLE_EQ(figures.at_20().mrr, .25);
  EXPECT_DOUBLE_EQ(figures.at[0].coverage, .3);
  EXPECT_DOUBLE_EQ(figures.log_loss, std::log(4.));
  // Of the five misses, the hit's .3 is above two (.1), equal to one and below two (.5).
  EXPECT_DOUBLE_EQ(figures.auc, 2.5 / 5);
}

TEST(QualityMetrics, IgnoreWhatIsBeyondTwentyItems) {
  const ItemCounts counts;
  QualityMetrics metrics(counts);
  std::vector<JudgedItem> list;
  for (std::uint64_t i = 1; i <= 30; ++i) list.push_back({{i}, .01F, Source::kWalk});
  JudgedEvent event = event_on(21);
  event.list = list;
  event.items = 100;
  metrics.judge(event);

  EXPECT_DOUBLE_EQ(metrics.figures().at_20().hit_rate, 0);
  EXPECT_DOUBLE_EQ(metrics.figures().at[2].coverage, .2);
}

TEST(QualityMetrics, CountAnEmptyListAsAMiss) {
  const ItemCounts counts;
  QualityMetrics metrics(counts);
  JudgedEvent event = event_on(1);
  event.list = {};
  metrics.judge(event);

  EXPECT_EQ(metrics.figures().events, 1u);
  EXPECT_DOUBLE_EQ(metrics.figures().at_20().recall, 0);
  EXPECT_THAT(metrics.figures().novelty, IsNan());
}

TEST(QualityMetrics, TellItemsApartByTheirEventsBefore) {
  ItemCounts counts;
  QualityMetrics metrics(counts);
  for (int i = 0; i < 6; ++i) {
    metrics.judge(event_on(1));
    counts.add({1});
  }

  const EvaluatedQuality figures = metrics.figures();
  EXPECT_EQ(slice(figures, "cold: under 5 events").events, 5u);
  EXPECT_EQ(slice(figures, "of these never seen").events, 1u);
  EXPECT_EQ(slice(figures, "of these 1-4 events").events, 4u);
  EXPECT_EQ(slice(figures, "5 events or more").events, 1u);
}

TEST(QualityMetrics, TellUsersSessionsAndActionsApart) {
  const ItemCounts counts;
  QualityMetrics metrics(counts);
  JudgedEvent event = event_on(1);
  event.user_events = 2;
  event.session_length = 2;
  metrics.judge(event);
  event.user_events = 3;
  event.session_length = 12;
  event.action = Action::kPurchase;
  event.target = {8};
  metrics.judge(event);

  const EvaluatedQuality figures = metrics.figures();
  EXPECT_DOUBLE_EQ(slice(figures, "cold: under 3 events").at_20.recall, 1);
  EXPECT_DOUBLE_EQ(slice(figures, "3 events or more").at_20.recall, 0);
  EXPECT_EQ(slice(figures, "2").events, 1u);
  EXPECT_EQ(slice(figures, "10 or more").events, 1u);
  EXPECT_EQ(slice(figures, "click").events, 1u);
  EXPECT_EQ(slice(figures, "purchase").events, 1u);
}

TEST(QualityMetrics, SayWhatEachExpertBrought) {
  const ItemCounts counts;
  QualityMetrics metrics(counts);
  metrics.judge(event_on(1));
  metrics.judge(event_on(2));
  metrics.judge(event_on(9));

  const auto sources = metrics.figures().sources;
  ASSERT_EQ(sources.size(), 2u);
  EXPECT_EQ(sources[0].source, Source::kWalk);
  EXPECT_DOUBLE_EQ(sources[0].listed_share, 2. / 3);
  EXPECT_DOUBLE_EQ(sources[0].hit_share, .5);
  EXPECT_DOUBLE_EQ(sources[0].precision, 1. / 6);
}

TEST(QualityMetrics, MeasureNoveltyByEventsBefore) {
  ItemCounts counts;
  for (const std::uint64_t item : {1, 1, 2, 4}) counts.add({item});
  QualityMetrics metrics(counts);
  metrics.judge(event_on(9));

  // Shares 1/2, 1/4 and, never seen, 1/4.
  EXPECT_DOUBLE_EQ(metrics.figures().novelty, (1. + 2 + 2) / 3);
}

TEST(QualityMetrics, LeaveOutWhatNeedsAFunctionThatIsNotThere) {
  const ItemCounts counts;
  QualityMetrics metrics(counts);
  metrics.judge(event_on(1));

  EXPECT_THAT(metrics.figures().intra_list_diversity, IsNan());
  EXPECT_THAT(metrics.figures().calibration_divergence, IsNan());
}

TEST(QualityMetrics, MeasureTheDiversityOfEveryNthList) {
  const ItemCounts counts;
  int asked = 0;
  QualityOptions options;
  options.similarity = [&asked](ItemId, ItemId) { return ++asked, .4; };
  options.diversity_every = 2;
  QualityMetrics metrics(counts, options);
  for (int i = 0; i < 4; ++i) metrics.judge(event_on(9));

  EXPECT_EQ(asked, 2 * 3);
  EXPECT_DOUBLE_EQ(metrics.figures().intra_list_diversity, .6);
}

}  // namespace
}  // namespace freshet
