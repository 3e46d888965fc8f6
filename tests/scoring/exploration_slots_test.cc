#include "scoring/ranking/exploration_slots.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "scoring/learning/learner.h"
#include "scoring/replica.h"
#include "shop_stream.h"

namespace freshet {
namespace {

std::vector<ItemUpdate> new_items(std::size_t count) {
  std::vector<ItemUpdate> items;
  for (std::size_t k = 0; k < count; ++k) {
    const std::string name = "new-" + std::to_string(k);
    items.push_back({.id = item_id_of(name), .name = name, .title = "word" + std::to_string(k)});
  }
  return items;
}

class DrawingForSlots : public testing::Test {
 protected:
  void start(ScoringConfig config) {
    config.exploration.enabled = false;  // So that no expert names the new items.
    Learner learner(config, nullptr);
    learner.learn(ShopStream(5).take(2'000));
    learner.update_items(new_items(10));
    replica_ = std::make_unique<Replica>(config, nullptr);
    ASSERT_TRUE(replica_->apply(*learner.take_delta()));
  }

  RankedList rank(std::int64_t offset) {
    RankRequest request = request_after({"item-3", "item-4"});
    request.position.offset = Offset{offset};
    return replica_->rank({&request, 1}).at(0);
  }

  std::unique_ptr<Replica> replica_;
};

TEST_F(DrawingForSlots, LastPlacesAreDrawnAmongNewItemsWithTheirPropensity) {
  start({.exploration_slots = 2});

  const RankedList list = rank(1);

  ASSERT_EQ(list.items.size(), 20U);
  for (std::size_t place = 0; place < 18; ++place) EXPECT_EQ(list.items[place].propensity, 0);
  EXPECT_FLOAT_EQ(list.items[18].propensity, 1.0F / 10);
  EXPECT_FLOAT_EQ(list.items[19].propensity, 1.0F / 9) << "without replacement";
  for (const std::size_t place : {18, 19}) {
    EXPECT_EQ(list.items[place].name.substr(0, 4), "new-");
    EXPECT_EQ(list.items[place].reasons.at(0).source, Source::kDraw);
  }
  EXPECT_NE(list.items[18].name, list.items[19].name);
}

TEST_F(DrawingForSlots, SameRequestDrawsTheSameAndOthersDrawOthers) {
  start({.exploration_slots = 2});
  EXPECT_EQ(text_of(rank(1)), text_of(rank(1)));
  std::set<std::string> drawn;
  for (std::int64_t offset = 0; offset < 100; ++offset) drawn.insert(rank(offset).items[19].name);
  EXPECT_EQ(drawn.size(), 10U);
}

TEST_F(DrawingForSlots, ItemsAreDrawnAsOftenAsTheirPropensitySays) {
  start({.exploration_slots = 1});
  constexpr int kLists = 4'000;
  std::map<std::string, int> times;
  for (std::int64_t offset = 0; offset < kLists; ++offset) ++times[rank(offset).items[19].name];
  // Within four standard deviations of a tenth; offsets 0.. are the seeds.
  const double deviation = std::sqrt(kLists * 0.1 * 0.9);
  for (const auto& [name, count] : times) EXPECT_NEAR(count, kLists * 0.1, 4 * deviation) << name;
}

TEST_F(DrawingForSlots, WithoutNewItemsTheListIsTheModels) {
  ScoringConfig config;
  config.exploration_slots = 3;
  config.rules = {{.name = "no", .kind = "exclude", .items = {}}};
  for (const ItemUpdate& item : new_items(10)) config.rules[0].items.push_back(item.name);
  start(config);
  const RankedList list = rank(1);
  EXPECT_EQ(list.items.size(), 20U);
  for (const RankedItem& item : list.items) EXPECT_EQ(item.propensity, 0);
}

}  // namespace
}  // namespace freshet
