// What rules and scenarios do to lists, each kind by itself.

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "scoring/learning/learner.h"
#include "scoring/replica.h"
#include "shop_stream.h"

namespace freshet {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

std::string brand_of(std::size_t item) { return item % 3 == 0 ? "Acme" : "Other"; }
std::string group_of(std::size_t item) {
  return "group-" + std::to_string(item / ShopStream::kGroupItems);
}

ItemUpdate described(std::size_t item) {
  const std::string name = ShopStream::name(item);
  return {.id = item_id_of(name),
          .name = name,
          .category = {"shop", group_of(item)},
          .brand = brand_of(item),
          .price = static_cast<double>(item % 10) + 1,
          .tags = item % 50 == 7 ? std::vector<std::string>{"garden"} : std::vector<std::string>{},
          .attributes = {{"colour", item % 2 == 0 ? "red" : "blue"}}};
}

/// The made-up shop with described items, and lists that obey rules.
class Rules : public testing::Test {
 protected:
  static constexpr std::size_t kItems = ShopStream::kGroups * ShopStream::kGroupItems;

  void SetUp() override {
    learner_.learn(ShopStream(5).take(3'000));
    std::vector<ItemUpdate> items;
    for (std::size_t item = 0; item < kItems; ++item) items.push_back(described(item));
    learner_.update_items(items);
    all_ = learner_.take_delta();
  }

  void start(ScoringConfig config, std::vector<std::string> context_keys = {}) {
    replica_ = std::make_unique<Replica>(config, nullptr, std::move(context_keys));
    ASSERT_TRUE(replica_->apply(*all_));
    replica_->set_time(now_);
  }
  void start(RuleConfig rule) {
    ScoringConfig config;
    config.rules = {std::move(rule)};
    start(config);
  }

  RankedList rank(const RankRequest& request) { return replica_->rank({&request, 1}).at(0); }
  RankedList rank() { return rank(request_after({"item-3", "item-4"})); }

  std::uint64_t effects(const std::string& rule) {
    std::uint64_t items = 0;
    for (const RuleEffect& effect : replica_->take_rule_effects())
      if (effect.rule == rule) items += effect.items;
    return items;
  }

  EventTime now_{std::chrono::hours(24 * 20'000)};
  Learner learner_{ScoringConfig{}, nullptr};
  std::shared_ptr<const Delta> all_;
  std::unique_ptr<Replica> replica_;
};

std::size_t item_of(const RankedItem& item) { return std::stoul(item.name.substr(5)); }

std::size_t place_of(const RankedList& list, const std::string& name) {
  const auto found = std::find_if(list.items.begin(), list.items.end(),
                                  [&](const RankedItem& item) { return item.name == name; });
  return static_cast<std::size_t>(found - list.items.begin());
}

TEST_F(Rules, BoostRaisesItemsAndSaysSo) {
  start(ScoringConfig{});
  const RankedList plain = rank();
  const std::string last = plain.items.back().name;
  start({.name = "more", .kind = "boost", .text = "spring", .items = {last}, .factor = 1000});

  const RankedList list = rank();

  const std::size_t place = place_of(list, last);
  ASSERT_LT(place, 10U);
  const RankedItem& item = list.items[place];
  EXPECT_NEAR(item.score, plain.items.back().score + std::log(1000.0F), 1e-3);
  EXPECT_EQ(item.probability, plain.items.back().probability) << "the model's own estimate stays";
  EXPECT_EQ(item.reasons.front().source, Source::kRule);
  EXPECT_EQ(item.reasons.front().rule, "more");
  EXPECT_EQ(item.reasons.front().text, "Boosted: spring");
  float shares = 0;
  for (const Reason& reason : item.reasons) shares += reason.share;
  EXPECT_LE(shares, 1.0001F);
  EXPECT_GE(effects("more"), 1U);
  EXPECT_EQ(effects("more"), 0U) << "told once";
}

TEST_F(Rules, ExplanationsHaveTheScoreThatRulesLeaveAnItem) {
  start(ScoringConfig{});
  const RankRequest request = request_after({"item-3", "item-4"});
  const RankedList plain = rank(request);
  const std::string first = plain.items.front().name, last = plain.items.back().name;
  ScoringConfig config;
  config.rules = {{.name = "more", .kind = "boost", .items = {last}, .factor = 1000},
                  {.name = "less", .kind = "bury", .items = {first}, .factor = 1e-4}};
  start(config);

  const RankedList list = rank(request);

  for (std::size_t place = 0; place < list.items.size(); ++place) {
    const RankedItem& item = list.items[place];
    const Explanation explanation = replica_->explain(request, item.name, "en");
    EXPECT_EQ(explanation.score, item.score) << item.name;
    EXPECT_EQ(explanation.rank, place + 1) << item.name;
    ASSERT_EQ(explanation.reasons.size(), item.reasons.size()) << item.name;
    for (std::size_t k = 0; k < item.reasons.size(); ++k)
      EXPECT_EQ(explanation.reasons[k].text, item.reasons[k].text) << item.name;
  }
  const Explanation buried = replica_->explain(request, first, "en");
  ASSERT_EQ(buried.verdict, Verdict::kRankedBelow);
  EXPECT_LT(buried.score, buried.score_needed) << "one scale";
}

TEST_F(Rules, ExplanationsOfPopularItemsHaveItToo) {
  start({.name = "less", .kind = "bury", .items = {"item-1"}, .factor = 1e-6});
  const RankRequest request{.user = "new"};
  const RankedList list = rank(request);
  for (std::size_t place = 0; place < list.items.size(); ++place) {
    const Explanation explanation = replica_->explain(request, list.items[place].name, "en");
    EXPECT_EQ(explanation.score, list.items[place].score);
    EXPECT_EQ(explanation.rank, place + 1);
  }
}

TEST_F(Rules, ExplanationsCountNoEffects) {
  start(ScoringConfig{});
  const RankRequest request = request_after({"item-3", "item-4"});
  const RankedList plain = rank(request);
  ScoringConfig config;
  config.rules = {{.name = "more", .kind = "boost", .items = {plain.items[1].name}, .factor = 2},
                  {.name = "no", .kind = "exclude", .items = {plain.items[2].name}},
                  {.name = "pinned", .kind = "pin", .items = {plain.items[3].name}}};
  start(config);
  for (const RankedItem& item : plain.items) replica_->explain(request, item.name, "en");
  EXPECT_TRUE(replica_->take_rule_effects().empty());

  rank(request);

  EXPECT_EQ(replica_->take_rule_effects().size(), 3U);
}

TEST_F(Rules, BuryLowersItems) {
  start(ScoringConfig{});
  const std::string first = rank().items.front().name;
  start({.name = "less", .kind = "bury", .items = {first}, .factor = 1e-6});

  EXPECT_GT(place_of(rank(), first), 10U);
}

TEST_F(Rules, PinPutsAnItemToItsPlaceOnce) {
  start({.name = "top", .kind = "pin", .items = {"item-200"}, .position = 3});

  const RankedList list = rank();

  EXPECT_EQ(list.items.size(), 20U);
  EXPECT_EQ(place_of(list, "item-200"), 2U);
  EXPECT_EQ(list.items[2].reasons.front().text, "Placed: top");
  EXPECT_EQ(effects("top"), 1U);
}

TEST_F(Rules, PinThatMayNotStandLeavesItsPlaceToOthers) {
  ScoringConfig config;
  config.rules = {{.name = "top", .kind = "pin", .items = {"item-200"}},
                  {.name = "no", .kind = "exclude", .items = {"item-200"}}};
  start(config);

  const RankedList list = rank();

  EXPECT_EQ(list.items.size(), 20U);
  EXPECT_EQ(place_of(list, "item-200"), 20U);
}

TEST_F(Rules, CampaignTakesItsSlotsFromItsFirstToItsLastDay) {
  start({.name = "autumn",
         .kind = "promote",
         .text = "autumn campaign",
         .from = now_,
         .until = now_ + 24h,
         .tags = {"garden"},
         .position = 2,
         .slots = 2});

  const auto promoted = [this] {
    const RankedList list = rank();
    std::vector<std::size_t> places;
    for (std::size_t k = 0; k < list.items.size(); ++k)
      if (list.items[k].reasons.front().rule == "autumn") places.push_back(k);
    return places;
  };
  EXPECT_THAT(promoted(), testing::ElementsAre(1, 2));
  EXPECT_EQ(rank().items[1].reasons.front().text, "Promoted: autumn campaign");
  replica_->set_time(now_ - 1ms);
  EXPECT_THAT(promoted(), testing::IsEmpty());
  replica_->set_time(now_ + 24h - 1ms);
  EXPECT_THAT(promoted(), testing::ElementsAre(1, 2));
  replica_->set_time(now_ + 24h);
  EXPECT_THAT(promoted(), testing::IsEmpty());
}

TEST_F(Rules, CampaignPrefersWhatSuitsTheUser) {
  start({.name = "reds", .kind = "promote", .attributes = {{"colour", "red"}}});
  ScoringConfig plain;
  const RankedList list = rank();
  start(plain);
  const RankedList without = rank();
  const auto best_red = std::find_if(without.items.begin(), without.items.end(),
                                     [](const auto& item) { return item_of(item) % 2 == 0; });
  ASSERT_NE(best_red, without.items.end());

  EXPECT_EQ(list.items.front().name, best_red->name);
}

TEST_F(Rules, AtMostBoundsABrandAndFillsUpWithOthers) {
  start({.name = "mix", .kind = "at_most", .count = 2, .per = "brand"});
  const RankedList list = rank();
  std::size_t acme = 0;
  for (const RankedItem& item : list.items) acme += brand_of(item_of(item)) == "Acme";
  EXPECT_EQ(acme, 2U);
  EXPECT_EQ(list.items.size(), 4U) << "there are two brands";
  EXPECT_GT(effects("mix"), 0U);

  start({.name = "mix", .kind = "at_most", .brands = {"Acme"}, .count = 1, .per = "list"});
  EXPECT_EQ(rank().items.size(), 20U);
}

TEST_F(Rules, AtMostPerCategoryCountsTheLastOfThePath) {
  start({.name = "mix", .kind = "at_most", .count = 1, .per = "category"});
  const RankedList list = rank();
  std::set<std::string> groups;
  for (const RankedItem& item : list.items)
    EXPECT_TRUE(groups.insert(group_of(item_of(item))).second);
  EXPECT_GT(groups.size(), 10U);
}

TEST_F(Rules, PriceKeepsOutWhatIsOutsideItsRange) {
  start({.name = "cheap", .kind = "price", .price_min = 2, .price_max = 4});

  const RankedList list = rank();

  ASSERT_EQ(list.items.size(), 20U);
  for (const RankedItem& item : list.items) {
    EXPECT_GE(item_of(item) % 10 + 1, 2U);
    EXPECT_LE(item_of(item) % 10 + 1, 4U);
  }
}

TEST_F(Rules, AvailabilityKeepsOutWhatIsGoneWhereTheFilterIsOff) {
  ItemUpdate gone = described(5);
  gone.available = false;
  learner_.update_items({&gone, 1});
  const auto change = learner_.take_delta();
  ScoringConfig config;
  config.filters.unavailable = false;
  config.scenarios = {{.name = "basket"}};
  config.rules = {{.name = "stock", .kind = "availability", .scenarios = {"basket"}}};
  start(config);
  RankRequest request = request_after({"item-3", "item-4"});
  ASSERT_LT(place_of(rank(request), "item-5"), 20U);

  ASSERT_TRUE(replica_->apply(*change));

  EXPECT_LT(place_of(rank(request), "item-5"), 20U);
  request.scenario = "basket";
  EXPECT_EQ(place_of(rank(request), "item-5"), 20U);
}

TEST_F(Rules, RepurchaseStandsInForTheFilterOfBoughtItems) {
  start({.name = "refill", .kind = "repurchase", .items = {"item-5"}, .window = 3600s});
  RankRequest request = request_after({"item-4"});
  request.state.bought = {
      {.item = item_id_of("item-5"), .last_time = request.event_time - 3599s, .count = 1},
      {.item = item_id_of("item-6"), .last_time = request.event_time - 3600s, .count = 1}};

  EXPECT_EQ(place_of(rank(request), "item-5"), 20U);
  EXPECT_EQ(effects("refill"), 1U);
  request.event_time += 1s;
  EXPECT_LT(place_of(rank(request), "item-5"), 20U);
  EXPECT_EQ(place_of(rank(request), "item-6"), 20U) << "no rule speaks of it";
}

TEST_F(Rules, ExcludeLetsThoseHaveItWhomTheContextAllows) {
  ScoringConfig config;
  config.rules = {{.name = "adults",
                   .kind = "exclude",
                   .categories = {"group-0"},
                   .unless_context = {{"adult", "yes"}, {"consent", "given"}}}};
  start(config, {"country", "adult", "consent"});
  RankRequest request = request_after({"item-3", "item-4"});
  const auto has_group = [&] {
    const RankedList list = rank(request);
    return std::any_of(list.items.begin(), list.items.end(),
                       [](const auto& item) { return group_of(item_of(item)) == "group-0"; });
  };

  EXPECT_FALSE(has_group());
  request.state.context = {"de", "yes"};
  EXPECT_FALSE(has_group());
  request.state.context = {"de", "yes", "given"};
  EXPECT_TRUE(has_group());
}

TEST_F(Rules, FollowItemsThatChange) {
  start({.name = "sale", .kind = "exclude", .tags = {"sale"}});
  ASSERT_LT(place_of(rank(), "item-5"), 20U);
  ItemUpdate on_sale = described(5);
  on_sale.tags = {"sale"};
  learner_.update_items({&on_sale, 1});
  ASSERT_TRUE(replica_->apply(*learner_.take_delta()));
  EXPECT_EQ(place_of(rank(), "item-5"), 20U);
  const ItemUpdate back = described(5);
  learner_.update_items({&back, 1});
  ASSERT_TRUE(replica_->apply(*learner_.take_delta()));
  EXPECT_LT(place_of(rank(), "item-5"), 20U);
}

TEST_F(Rules, AreReplacedWhileListsAreMade) {
  start(ScoringConfig{});
  const RankedList plain = rank();
  replica_->set_rules({{.name = "no", .kind = "exclude", .items = {plain.items[0].name}}});
  EXPECT_EQ(place_of(rank(), plain.items[0].name), 20U);
  replica_->set_rules({});
  EXPECT_EQ(text_of(rank()), text_of(plain));
}

TEST_F(Rules, HoldForUsersWithoutAHistoryAndBeforeAnythingIsLearned) {
  start({.name = "top", .kind = "pin", .items = {"item-200"}});
  EXPECT_EQ(rank(RankRequest{.user = "new"}).items.front().name, "item-200");

  Learner fresh(ScoringConfig{}, nullptr);
  const ItemUpdate only = described(200);
  fresh.update_items({&only, 1});
  ScoringConfig config;
  config.rules = {{.name = "top", .kind = "pin", .items = {"item-200"}}};
  Replica replica(config, nullptr);
  ASSERT_TRUE(replica.apply(*fresh.take_delta()));
  const RankRequest request = request_after({"item-4"});
  const RankedList list = replica.rank({&request, 1}).at(0);
  ASSERT_EQ(list.items.size(), 1U);
  EXPECT_EQ(list.items[0].name, "item-200");
}

TEST_F(Rules, ItemsOfAllWaysOfMatchingMustAgree) {
  start({.name = "no",
         .kind = "exclude",
         .categories = {"group-0"},
         .brands = {"Acme"},
         .attributes = {{"colour", "red"}}});
  const RankedList list = rank();
  EXPECT_EQ(place_of(list, "item-6"), 20U) << "red, of Acme, in the group";
  EXPECT_LT(place_of(list, "item-5"), 20U);
}

class Scenarios : public Rules {
 protected:
  void SetUp() override {
    Rules::SetUp();
    ScoringConfig config;
    config.scenarios = {{.name = "home", .list_size = 5},
                        {.name = "email", .categories = {"group-3", "group-4"}},
                        {.name = "other", .categories_out = {"group-0"}}};
    config.rules = {
        {.name = "top", .kind = "pin", .scenarios = {"home"}, .items = {"item-200"}},
        {.name = "own", .kind = "pin", .scenarios = {"default"}, .items = {"item-201"}}};
    start(config);
  }

  std::vector<RankedItem> in(const std::string& scenario) {
    RankRequest request = request_after({"item-3", "item-4"});
    request.scenario = scenario;
    return rank(request).items;
  }
};

TEST_F(Scenarios, HaveSettingsAndRulesOfTheirOwn) {
  EXPECT_EQ(in("home").size(), 5U);
  EXPECT_EQ(in("home")[0].name, "item-200");
  EXPECT_EQ(in("")[0].name, "item-201");
  EXPECT_EQ(in("").size(), 20U);
  EXPECT_EQ(in("email").size(), 20U) << "filled with the categories' best known items";
  for (const RankedItem& item : in("email"))
    EXPECT_THAT(group_of(item_of(item)), testing::AnyOf("group-3", "group-4"));
  for (const RankedItem& item : in("other")) EXPECT_NE(group_of(item_of(item)), "group-0");
}

TEST_F(Scenarios, ListsMadeTogetherAreThoseMadeAlone) {
  RankRequest request = request_after({"item-3", "item-4"});
  request.more_scenarios = {"home", "email"};

  const RankedList list = rank(request);

  ASSERT_EQ(list.scenarios.size(), 2U);
  for (const ScenarioList& scenario : list.scenarios) {
    RankedList together{.items = scenario.items};
    RankedList alone{.items = in(scenario.name)};
    EXPECT_EQ(text_of(together), text_of(alone)) << scenario.name;
  }
}

}  // namespace
}  // namespace freshet
