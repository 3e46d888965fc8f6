#include "scoring/learning/prequential_quality.h"

#include <gtest/gtest.h>

#include <cmath>

namespace freshet {
namespace {

Position at(std::int64_t offset) { return {.offset = Offset{offset}}; }

TrainingExample event(const UserId& user, std::uint64_t item, std::int64_t offset) {
  TrainingExample example;
  example.user = user;
  example.item = ItemId{item};
  example.offset = Offset{offset};
  return example;
}

TEST(PrequentialQuality, JudgesTheListServedBeforeTheEvent) {
  PrequentialQuality quality{ScoringConfig{}};
  quality.served("a", at(1), {ItemId{5}, ItemId{6}, ItemId{7}}, {ItemId{7}});

  quality.observe(event("a", 5, 2));  // Served first; not popular.
  quality.observe(event("a", 7, 3));  // Served third; popular first.
  quality.observe(event("a", 9, 4));  // In neither.
  quality.observe(event("b", 5, 5));  // Was served nothing.

  const PrequentialFigures& figures = quality.figures();
  EXPECT_EQ(figures.served.events, 3U);
  EXPECT_DOUBLE_EQ(figures.served.hit_rate_20(), 2.0 / 3);
  EXPECT_DOUBLE_EQ(figures.served.mrr_20(), (1 + 1.0 / 3) / 3);
  EXPECT_DOUBLE_EQ(figures.served.ndcg_20(), (1 + 1 / std::log2(4)) / 3);
  EXPECT_DOUBLE_EQ(figures.popularity.hit_rate_20(), 1.0 / 3);
  EXPECT_DOUBLE_EQ(figures.popularity.mrr_20(), 1.0 / 3);
  EXPECT_DOUBLE_EQ(figures.served_window.mrr_20(), figures.served.mrr_20());
}

TEST(PrequentialQuality, ListThatReflectsTheEventDoesNotForetellIt) {
  PrequentialQuality quality{ScoringConfig{}};
  quality.served("a", at(9), {ItemId{5}}, {});

  quality.observe(event("a", 5, 9));
  quality.observe(event("a", 5, 3));

  EXPECT_EQ(quality.figures().served.events, 0U);
}

TEST(PrequentialQuality, ForgetsTheListServedLongestAgo) {
  ScoringConfig config;
  config.served_lists_max = 2;
  PrequentialQuality quality(config);
  quality.served("a", at(1), {ItemId{5}}, {});
  quality.served("b", at(2), {ItemId{5}}, {});
  quality.served("a", at(3), {ItemId{5}}, {});
  quality.served("c", at(4), {ItemId{5}}, {});

  quality.observe(event("a", 5, 10));
  quality.observe(event("b", 5, 11));
  quality.observe(event("c", 5, 12));

  EXPECT_EQ(quality.figures().served.events, 2U);
}

TEST(PrequentialQuality, KeepsNothingOfAUserWhoIsForgotten) {
  PrequentialQuality quality{ScoringConfig{}};
  quality.served("a", at(1), {ItemId{5}}, {});
  quality.served("b", at(2), {ItemId{5}}, {});
  quality.forget("a");
  quality.forget("nobody");

  quality.observe(event("a", 5, 10));
  quality.observe(event("b", 5, 11));

  EXPECT_EQ(quality.figures().served.events, 1U);
}

TEST(PrequentialQuality, WindowHoldsTheNewestEventsOnly) {
  PrequentialQuality quality{ScoringConfig{}};
  quality.served("a", at(0), {ItemId{5}}, {});
  const auto window = static_cast<std::int64_t>(PrequentialQuality::kWindow);

  for (std::int64_t k = 1; k <= window; ++k) quality.observe(event("a", 5, k));
  for (std::int64_t k = 1; k <= window / 4; ++k) quality.observe(event("a", 6, window + k));

  EXPECT_EQ(quality.figures().served_window.events, PrequentialQuality::kWindow);
  EXPECT_DOUBLE_EQ(quality.figures().served_window.hit_rate_20(), 0.75);
  EXPECT_DOUBLE_EQ(quality.figures().served.hit_rate_20(), 0.8);
}

}  // namespace
}  // namespace freshet
