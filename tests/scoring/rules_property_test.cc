// Whatever the rules, lists keep their promises. Each case says its seed.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "scoring/learning/learner.h"
#include "scoring/replica.h"
#include "shop_stream.h"

namespace freshet {
namespace {

constexpr std::size_t kItems = ShopStream::kGroups * ShopStream::kGroupItems;
constexpr std::size_t kBrands = 40;

struct Words {
  std::string brand, group, tag;
};

/// A shop whose items got random words, and the rules of one case.
class RandomRules {
 public:
  explicit RandomRules(std::uint64_t seed) : random_(seed) {
    for (std::size_t item = 0; item < kItems; ++item)
      words_.push_back({"brand-" + std::to_string(below(kBrands)),
                        "group-" + std::to_string(below(30)), "tag-" + std::to_string(below(12))});
    const std::size_t count = 1 + below(8);
    for (std::size_t k = 0; k < count; ++k) rules_.push_back(rule("rule-" + std::to_string(k)));
  }

  std::size_t below(std::size_t bound) { return random_() % bound; }

  std::vector<ItemUpdate> items() const {
    std::vector<ItemUpdate> items;
    for (std::size_t item = 0; item < kItems; ++item) {
      const std::string name = ShopStream::name(item);
      items.push_back({.id = item_id_of(name),
                       .name = name,
                       .category = {words_[item].group},
                       .brand = words_[item].brand,
                       .tags = {words_[item].tag}});
    }
    return items;
  }

  const Words& words(const RankedItem& item) const {
    return words_[std::stoul(item.name.substr(5))];
  }
  const std::vector<RuleConfig>& rules() const { return rules_; }

  bool matches(const RuleConfig& rule, const RankedItem& item) const {
    const auto one_of = [](const std::vector<std::string>& texts, const std::string& text) {
      return texts.empty() || std::find(texts.begin(), texts.end(), text) != texts.end();
    };
    return one_of(rule.items, item.name) && one_of(rule.brands, words(item).brand) &&
           one_of(rule.categories, words(item).group) && one_of(rule.tags, words(item).tag);
  }

 private:
  RuleConfig rule(const std::string& name) {
    static const std::vector<std::string> kKinds{"boost",   "bury",    "pin", "promote",
                                                 "at_most", "exclude", "pin", "at_most"};
    RuleConfig rule{.name = name, .kind = kKinds[below(kKinds.size())]};
    if (rule.kind == "pin") {
      rule.items = {ShopStream::name(below(kItems))};
      rule.position = 1 + below(20);
      return rule;
    }
    if (below(2) == 0) rule.tags = {"tag-" + std::to_string(below(12))};
    if (rule.tags.empty() || below(3) == 0)
      rule.brands = {"brand-" + std::to_string(below(kBrands))};
    if (rule.kind == "boost") rule.factor = 1.5 + static_cast<double>(below(1'000));
    if (rule.kind == "bury") rule.factor = 0.01;
    if (rule.kind == "promote") {
      rule.position = 1 + below(20);
      rule.slots = 1 + below(3);
    }
    if (rule.kind == "at_most") {
      rule.count = 1 + below(2);
      rule.per = below(2) == 0 ? "list" : "category";
    }
    return rule;
  }

  std::mt19937_64 random_;
  std::vector<Words> words_;
  std::vector<RuleConfig> rules_;
};

class AnyRules : public testing::TestWithParam<std::uint64_t> {};

/// The list's promises; `case_of` is what they were made to.
void check(const RankedList& list, const RandomRules& shop) {
  EXPECT_EQ(list.items.size(), 20U) << "there are enough items";
  std::set<std::string> names;
  for (const RankedItem& item : list.items) {
    EXPECT_TRUE(names.insert(item.name).second) << item.name << " stands twice";
    EXPECT_FALSE(item.reasons.empty());
  }
  std::map<std::size_t, std::string> pinned;  // The first rule of a place has it.
  for (const RuleConfig& rule : shop.rules()) {
    if (rule.kind == "exclude") {
      for (const RankedItem& item : list.items)
        EXPECT_FALSE(shop.matches(rule, item)) << item.name << " is excluded by " << rule.name;
    }
    if (rule.kind == "at_most") {
      std::map<std::string, std::size_t> counts;
      for (const RankedItem& item : list.items)
        if (shop.matches(rule, item)) ++counts[rule.per == "list" ? "" : shop.words(item).group];
      for (const auto& [label, count] : counts) EXPECT_LE(count, rule.count) << rule.name << label;
    }
    if (rule.kind == "pin") pinned.try_emplace(rule.position - 1, rule.name);
  }
  for (std::size_t place = 0; place < list.items.size(); ++place) {
    const Reason& reason = list.items[place].reasons.front();
    if (reason.rule.empty() || reason.text.substr(0, 7) != "Placed:") continue;
    const auto rule = std::find_if(shop.rules().begin(), shop.rules().end(),
                                   [&](const auto& r) { return r.name == reason.rule; });
    ASSERT_NE(rule, shop.rules().end());
    EXPECT_EQ(list.items[place].name, rule->items.front());
    if (pinned[rule->position - 1] == rule->name) {
      EXPECT_EQ(place, rule->position - 1);
    }
  }
}

TEST_P(AnyRules, ListsAreFullWithoutDuplicatesAndObey) {
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  RandomRules shop(GetParam());
  ScoringConfig config;
  config.rules = shop.rules();
  config.diversity = GetParam() % 3 == 0 ? 0.4 : 0;
  config.diversity_method = GetParam() % 2 == 0 ? "dpp" : "mmr";
  config.calibration = GetParam() % 5 == 0 ? 0.3 : 0;
  config.exploration_slots = shop.below(3);
  Learner learner(config, nullptr);
  learner.learn(ShopStream(GetParam()).take(1'000));
  learner.update_items(shop.items());
  Replica replica(config, nullptr);
  ASSERT_TRUE(replica.apply(*learner.take_delta()));
  std::vector<RankRequest> requests = many_requests();
  requests.push_back({.user = "new"});
  for (const RankedList& list : replica.rank(requests)) check(list, shop);
}

INSTANTIATE_TEST_SUITE_P(Seeds, AnyRules, testing::Range<std::uint64_t>(1, 31));

}  // namespace
}  // namespace freshet
