#include "scoring/related/item_lists.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "scoring/learning/learner.h"
#include "scoring/related/lift.h"
#include "scoring/replica.h"
#include "shop_stream.h"

namespace freshet {
namespace {

ItemUpdate item_of(const std::string& name, std::vector<std::string> category = {}) {
  return {.id = item_id_of(name),
          .name = name,
          .title = "The " + name,
          .category = std::move(category),
          .price = 2};
}

/// Events of many users without histories.
class ItemLists : public testing::Test {
 protected:
  void describe(const std::vector<ItemUpdate>& updates) { learner_.update_items(updates); }

  void click(const std::string& item, std::size_t times = 1, const std::string& place = "") {
    std::vector<TrainingExample> examples(times);
    for (TrainingExample& example : examples) {
      example.context = {place};
      example.offset = Offset{offset_};
      example.user = "user-" + std::to_string(offset_++);
      example.item = item_id_of(item);
      example.item_name = item;
    }
    learner_.learn(examples);
  }

  /// Everyone is at items 0 to 9 alike.
  void usual(std::size_t rounds) {
    for (std::size_t k = 0; k < rounds; ++k)
      for (std::size_t item = 0; item < 10; ++item) click(ShopStream::name(item));
  }

  Replica& follow() {
    EXPECT_TRUE(replica_.apply(*learner_.take_delta()));
    return replica_;
  }

  const ScoringConfig config_{.popularity = {.half_lives = {100, 1'000, 10'000}}};
  Learner learner_{config_, nullptr};
  Replica replica_{config_, nullptr};
  std::int64_t offset_ = 0;
};

std::vector<std::string> names_of(const std::vector<ItemFigures>& items) {
  std::vector<std::string> names;
  for (const ItemFigures& figures : items) names.push_back(figures.item.name);
  return names;
}

TEST(ShrunkRatio, FewEventsSayLittleAndManySayWhatTheyAre) {
  EXPECT_FLOAT_EQ(shrunk_ratio(0, 0, 5), 1);
  EXPECT_LT(shrunk_ratio(1, 0.01, 5), 1.25F);
  EXPECT_NEAR(shrunk_ratio(4'000, 1'000, 5), 4, 0.02);
}

TEST_F(ItemLists, TrendingIsWhatManyAreAtNowMoreThanUsual) {
  usual(300);
  for (std::size_t k = 0; k < 30; ++k) {
    click("item-7", 2);
    usual(1);
  }

  const auto trending = follow().trending({.count = 5});

  ASSERT_FALSE(trending.empty());
  EXPECT_EQ(trending[0].item.name, "item-7");
  EXPECT_GT(trending[0].trend, 1.5F);
  for (const ItemFigures& figures : trending) EXPECT_GT(figures.trend, 1);
}

TEST_F(ItemLists, FewEventsOnANewItemDoNotTrendAboveManyOnAKnownOne) {
  usual(300);
  for (std::size_t k = 0; k < 30; ++k) {
    click("item-7", 2);
    usual(1);
  }
  click("tiny", 4);

  const auto trending = follow().trending({.count = 5});

  EXPECT_EQ(trending.at(0).item.name, "item-7");
}

TEST_F(ItemLists, NothingTrendsInAStreamThatStaysAsItIs) {
  usual(500);

  for (const ItemFigures& figures : follow().trending({.count = 10}))
    EXPECT_LT(figures.trend, 1.1F) << figures.item.name;
}

TEST_F(ItemLists, TrendingAndNewKeepToTheCategoryAndToWhatIsAvailable) {
  describe({item_of("a", {"shop", "lamps"}), item_of("b", {"shop", "lamps", "desk"}),
            item_of("c", {"shop", "lampshades"}), item_of("d", {"shop", "lamps"})});
  ItemUpdate gone = item_of("d", {"shop", "lamps"});
  gone.available = false;
  describe({gone});
  usual(300);
  for (const char* item : {"a", "b", "c", "d"}) click(item, 20);
  Replica& replica = follow();

  EXPECT_EQ(names_of(replica.newest({10, "shop/lamps"})), (std::vector<std::string>{"b", "a"}));
  auto trending = names_of(replica.trending({10, "shop/lamps"}));
  std::sort(trending.begin(), trending.end());
  EXPECT_EQ(trending, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(replica.newest({10, "shop/lamp"}).empty());
  EXPECT_TRUE(replica.newest({10, "shop/lamps/desk/small"}).empty());
}

TEST_F(ItemLists, WhatTrendsInAPlaceIsWhatItsPeopleAreAtMoreThanAllUsuallyAre) {
  usual(300);
  click("item-3", 10, "rome");
  click("item-7", 10, "berlin");
  click("item-4", 2, "berlin");
  Replica& replica = follow();

  const auto in_berlin = replica.trending({.count = 5, .context = {"berlin"}});

  EXPECT_EQ(names_of(in_berlin), (std::vector<std::string>{"item-7"}));
  EXPECT_GT(in_berlin.at(0).trend, 1.5F);
  EXPECT_EQ(names_of(replica.trending({.count = 5, .context = {"rome"}})),
            (std::vector<std::string>{"item-3"}));
  EXPECT_TRUE(replica.trending({.count = 5, .context = {"paris"}}).empty());
}

TEST_F(ItemLists, WhatIsNewInAPlaceIsWhatItsPeopleAreAt) {
  click("old", 1, "berlin");
  click("first", 1, "berlin");
  click("second", 1, "rome");

  EXPECT_EQ(names_of(follow().newest({.count = 5, .context = {"berlin"}})),
            (std::vector<std::string>{"first", "old"}));
}

TEST_F(ItemLists, NewestComesFirst) {
  click("first");
  click("second");
  describe({item_of("third")});

  EXPECT_EQ(names_of(follow().newest({.count = 2})), (std::vector<std::string>{"third", "second"}));
}

TEST_F(ItemLists, FiguresTellRankShareAndTimesSeen) {
  describe({item_of("item-3", {"shop"})});
  usual(10);
  click("item-3", 50);
  Replica& replica = follow();

  const auto figures = replica.item_figures("item-3");

  ASSERT_TRUE(figures);
  EXPECT_TRUE(figures->described);
  EXPECT_EQ(figures->item.title, "The item-3");
  EXPECT_EQ(figures->popularity_rank, 1U);
  EXPECT_EQ(figures->seen_times, 60U);
  EXPECT_NEAR(figures->share, 60.0 / 150, 0.02);
  EXPECT_EQ(replica.item_figures("item-4")->seen_times, 10U);
  EXPECT_FALSE(replica.item_figures("item-4")->described);
  EXPECT_FALSE(replica.item_figures("nobody"));
}

TEST_F(ItemLists, SimilarItemsAreThoseSaidToBeAlike) {
  std::vector<ItemUpdate> updates{item_of("x"), item_of("y"), item_of("z"), item_of("gone")};
  updates[0].title = "red desk lamp";
  updates[1].title = "green desk lamp";
  updates[2].title = "wool blanket";
  updates[3].title = "red desk lamp";
  updates[3].available = false;
  describe(updates);
  Replica& replica = follow();

  const auto similar = replica.similar("x", 5);

  ASSERT_FALSE(similar.empty());
  EXPECT_EQ(similar[0].name, "y");
  EXPECT_EQ(similar[0].reasons.at(0).source, Source::kContent);
  EXPECT_EQ(similar[0].reasons.at(0).because_of_name, "x");
  for (const RankedItem& item : similar) EXPECT_NE(item.name, "gone");
  EXPECT_TRUE(replica.similar("nobody", 5).empty());
}

TEST_F(ItemLists, ObeyTheRulesThatNeedNoUser) {
  std::vector<ItemUpdate> updates{item_of("x"), item_of("y"), item_of("z"), item_of("spirits")};
  updates[0].title = "red desk lamp";
  updates[1].title = "green desk lamp";
  updates[2].title = "desk lamp";
  updates[3].title = "red desk lamp";
  updates[3].tags = {"alcohol"};
  describe(updates);
  Replica& replica = follow();
  const auto similar = [&] {
    std::vector<std::string> names;
    for (const RankedItem& item : replica.similar("x", 5)) names.push_back(item.name);
    return names;
  };
  const auto has = [](const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  ASSERT_TRUE(has(similar(), "spirits"));
  ASSERT_TRUE(has(names_of(replica.newest({.count = 9})), "spirits"));

  replica.set_rules({{.name = "no", .kind = "exclude", .tags = {"alcohol"}}});

  EXPECT_FALSE(has(similar(), "spirits"));
  EXPECT_FALSE(has(names_of(replica.newest({.count = 9})), "spirits"));
  ASSERT_TRUE(has(similar(), "y"));
  const std::string first = similar().front();
  replica.set_rules({{.name = "less", .kind = "bury", .items = {first}, .factor = 1e-3}});
  EXPECT_EQ(similar().back(), first);
  EXPECT_TRUE(has(similar(), "spirits")) << "the rule is gone";
  replica.set_rules({{.name = "mail", .kind = "exclude", .scenarios = {"email"}, .items = {"y"}}});
  EXPECT_TRUE(has(similar(), "y")) << "a rule of another scenario";
}

TEST_F(ItemLists, ItemsForSomeUsersAloneStayOutOfListsForAll) {
  Replica adults(config_, nullptr, {"adult"});
  Learner learner(config_, nullptr);
  learner.update_items(std::vector{item_of("x"), item_of("y")});
  ASSERT_TRUE(adults.apply(*learner.take_delta()));
  adults.set_rules({{.name = "spirits",
                     .kind = "exclude",
                     .items = {"y"},
                     .unless_context = {{"adult", "yes"}}}});
  EXPECT_EQ(names_of(adults.newest({.count = 5})), (std::vector<std::string>{"x"}));
}

}  // namespace
}  // namespace freshet
