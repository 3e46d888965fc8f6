#include "scoring/related/bundles.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "fakes/temporary_directory.h"
#include "scoring/learning/learner.h"
#include "scoring/replica.h"
#include "state/fold.h"

namespace freshet {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kSeed = 23;

/// A kitchen shop: pasta goes with sauce and cheese, lamps with bulbs, and some things with
/// nothing. Orders come as an event per line, as one event, or as carts and then an event.
class Orders {
 public:
  explicit Orders(std::uint64_t seed) : random_(seed) {}

  std::vector<TrainingExample> take(std::size_t count) {
    std::vector<TrainingExample> examples;
    for (std::size_t k = 0; k < count; ++k) order(examples);
    return examples;
  }

 private:
  std::size_t below(std::size_t bound) { return random_() % bound; }

  void order(std::vector<TrainingExample>& examples) {
    std::vector<std::string> items;
    if (below(2) == 0) items = {"pasta", "sauce"};
    if (!items.empty() && below(3) > 0) items.push_back("cheese");
    if (items.empty()) items = {"lamp", "bulb"};
    items.push_back("thing-" + std::to_string(below(20)));
    const std::string user = "user-" + std::to_string(below(300));
    time_ += 61min;
    const std::size_t kind = below(3);
    if (kind == 0) return send(user, items, Action::kPurchase, examples);
    for (const std::string& item : items)
      send(user, {item}, kind == 1 ? Action::kPurchase : Action::kCart, examples);
    if (kind == 2) send(user, items, Action::kPurchase, examples);
  }

  void send(const std::string& user, const std::vector<std::string>& items, Action action,
            std::vector<TrainingExample>& examples) {
    Event event{.action = action, .user = user, .event_time = time_ += 1s};
    for (const std::string& item : items) event.items.push_back({item_id_of(item), item});
    fold_.apply(event, {PartitionId{0}, Offset{offset_++}}, users_[user], examples);
  }

  std::mt19937_64 random_;
  Fold fold_{StateConfig{}};
  std::map<std::string, UserState> users_;
  EventTime time_{std::chrono::hours(24 * 20'000)};
  std::int64_t offset_ = 0;
};

ItemUpdate priced(const std::string& name, double price, const std::string& category) {
  return {.id = item_id_of(name),
          .name = name,
          .title = name,
          .category = {"shop", category},
          .price = price};
}

class Bundling : public testing::Test {
 protected:
  void SetUp() override {
    learner_.update_items(std::vector{priced("pasta", 2, "food"), priced("sauce", 3, "food"),
                                      priced("cheese", 5, "food"), priced("lamp", 40, "light"),
                                      priced("bulb", 6, "light")});
    learner_.learn(Orders(kSeed).take(1'500));
    follow();
  }

  void follow() { ASSERT_TRUE(replica_.apply(*learner_.take_delta())); }

  std::vector<std::string> bundle(const std::vector<std::string>& basket,
                                  const BundleLimits& limits = {}) {
    std::vector<std::string> names;
    for (const BundleItem& item : replica_.bundle(basket, limits).items) names.push_back(item.name);
    return names;
  }

  Learner learner_{ScoringConfig{}, nullptr};
  Replica replica_{ScoringConfig{}, nullptr};
};

TEST_F(Bundling, BasketIsCompletedByWhatGoesWithAllOfIt) {
  const std::vector<std::string> basket{"pasta"};
  const Bundle bundle = replica_.bundle(basket, {.count = 2});

  ASSERT_EQ(bundle.items.size(), 2U);
  EXPECT_EQ(bundle.items[0].name, "sauce");
  EXPECT_EQ(bundle.items[1].name, "cheese");
  EXPECT_EQ(bundle.items[0].because_of, (std::vector<std::string>{"pasta"}));
  EXPECT_GT(bundle.items[0].lift, 1.3F);
  EXPECT_NEAR(bundle.items[0].confidence, 1, 0.02);
  EXPECT_GT(bundle.items[0].support, 300);
  EXPECT_DOUBLE_EQ(bundle.price, 8);
}

TEST_F(Bundling, OtherBasketHasAnotherBundle) {
  EXPECT_EQ(bundle({"lamp"}).at(0), "bulb");
  const auto names = bundle({"lamp"});
  EXPECT_EQ(std::count(names.begin(), names.end(), "sauce"), 0);
}

TEST_F(Bundling, HowAnOrderIsSentDoesNotMatterForItsCounts) {
  const Knowledge& knowledge = learner_.knowledge();
  const ItemRow pasta = knowledge.catalogue().find(item_id_of("pasta"));
  const ItemRow sauce = knowledge.catalogue().find(item_id_of("sauce"));
  const BasketPairs& pairs = knowledge.baskets();

  // Every order with pasta has sauce, once, whether it came as lines, as one event or as carts.
  EXPECT_NEAR(pairs.together(pasta, sauce), pairs.baskets(pasta), 1e-3 * pairs.baskets(pasta));
  EXPECT_NEAR(pairs.baskets(pasta) + pairs.baskets(knowledge.catalogue().find(item_id_of("lamp"))),
              pairs.baskets(), 1e-3 * pairs.baskets());
}

TEST_F(Bundling, PriceIsKeptForAllAddedItemsTogether) {
  EXPECT_EQ(bundle({"pasta"}, {.price_max = 4}), (std::vector<std::string>{"sauce"}));
  EXPECT_EQ(bundle({"pasta"}, {.price_max = 8}), (std::vector<std::string>{"sauce", "cheese"}));
  EXPECT_TRUE(bundle({"pasta"}, {.price_max = 2.5}).empty());
}

TEST_F(Bundling, CategoryIsKept) {
  EXPECT_TRUE(bundle({"pasta"}, {.category = "shop/light"}).empty());
  for (const std::string& name : bundle({"pasta"}, {.category = "shop/food"}))
    EXPECT_TRUE(name == "sauce" || name == "cheese") << name;
}

TEST_F(Bundling, UnavailableAndUnknownItemsStayOut) {
  ItemUpdate gone = priced("sauce", 3, "food");
  gone.available = false;
  learner_.update_items({&gone, 1});
  follow();
  const std::vector<std::string> basket{"pasta", "nobody knows it"};

  const Bundle bundle = replica_.bundle(basket, {});

  EXPECT_EQ(bundle.basket, (std::vector<std::string>{"pasta"}));
  ASSERT_FALSE(bundle.items.empty());
  EXPECT_EQ(bundle.items[0].name, "cheese");
  for (const BundleItem& item : bundle.items) EXPECT_NE(item.name, "sauce");
  EXPECT_TRUE(replica_.bundle(std::vector<std::string>{"nobody"}, {}).items.empty());
}

TEST_F(Bundling, RulesKeepItemsOutAndBuryThem) {
  ASSERT_EQ(bundle({"pasta"}, {.count = 2}), (std::vector<std::string>{"sauce", "cheese"}));
  replica_.set_rules({{.name = "no", .kind = "exclude", .items = {"sauce"}}});
  EXPECT_EQ(bundle({"pasta"}, {.count = 1}), (std::vector<std::string>{"cheese"}));
  replica_.set_rules({{.name = "less", .kind = "bury", .items = {"sauce"}, .factor = 1e-3}});
  EXPECT_EQ(bundle({"pasta"}, {.count = 1}), (std::vector<std::string>{"cheese"}));
}

TEST_F(Bundling, RelationsAreTheRelatedItemsAndTheBundleOfOneItem) {
  const ItemRelations relations = replica_.relations(replica_.row_of("pasta"), 2);
  EXPECT_EQ(relations.name, "pasta");
  EXPECT_EQ(relations.id, item_id_of("pasta"));
  const auto related = replica_.related("pasta", 2);
  ASSERT_EQ(relations.related.size(), related.size());
  ASSERT_FALSE(related.empty());
  for (std::size_t k = 0; k < related.size(); ++k)
    EXPECT_EQ(relations.related[k].name, related[k].name);
  ASSERT_EQ(relations.bundle.items.size(), 2U);
  EXPECT_EQ(relations.bundle.items[0].name, "sauce");
}

TEST(BasketCounts, ReplicaAndLoadedLearnerAreEqualToTheLearner) {
  std::printf("seed %llu\n", static_cast<unsigned long long>(kSeed));
  ScoringConfig config;
  config.related.partners_max = 8;
  config.catalogue.items_max = 20;  // Items leave and come again.
  Learner learner(config, nullptr), loaded(config, nullptr);
  Replica replica(config, nullptr), of_loaded(config, nullptr);
  const std::vector<TrainingExample> examples = Orders(kSeed).take(400);
  const std::span<const TrainingExample> all(examples);
  const TemporaryDirectory directory;
  for (std::size_t begin = 0, end = 0; begin < all.size(); begin = end) {
    end = std::min(begin + 50, all.size());
    while (end < all.size() && all[end].offset == all[end - 1].offset) ++end;
    learner.learn(all.subspan(begin, end - begin));
    if (begin < 500 && end >= 500) {
      ASSERT_TRUE(learner.save(directory.path()));
      ASSERT_TRUE(loaded.load(directory.path()));
    }
    ASSERT_TRUE(replica.apply(*learner.take_delta()));
  }
  loaded.learn(all);  // The first part is known by its offsets.
  ASSERT_TRUE(of_loaded.apply(*loaded.take_delta()));

  EXPECT_GT(learner.figures().evicted_items, 0U);
  EXPECT_TRUE(replica.knowledge().to_bytes() == learner.knowledge().to_bytes());
  EXPECT_TRUE(of_loaded.knowledge().to_bytes() == loaded.knowledge().to_bytes());
  const std::vector<std::string> basket{"pasta"};
  const Bundle expected = replica.bundle(basket, {}), given = of_loaded.bundle(basket, {});
  ASSERT_EQ(given.items.size(), expected.items.size());
  for (std::size_t k = 0; k < given.items.size(); ++k) {
    EXPECT_EQ(given.items[k].name, expected.items[k].name);
    EXPECT_EQ(given.items[k].lift, expected.items[k].lift);
  }
}

TEST(BasketCounts, NothingIsCountedWhenSwitchedOff) {
  ScoringConfig config;
  config.related.enabled = false;
  Learner learner(config, nullptr);

  learner.learn(Orders(kSeed).take(50));

  EXPECT_EQ(learner.knowledge().baskets().baskets(), 0);
}

}  // namespace
}  // namespace freshet
