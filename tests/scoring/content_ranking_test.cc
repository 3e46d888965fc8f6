#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <numeric>

#include "scoring/experts/exploration.h"
#include "scoring/learning/learner.h"
#include "scoring/replica.h"
#include "shop_stream.h"

namespace freshet {
namespace {

constexpr std::uint64_t kSeed = 5;

/// Every item of the shop with the words of its group, and numbers of its own.
std::vector<ItemUpdate> described_shop() {
  std::vector<ItemUpdate> updates;
  for (std::size_t k = 0; k < ShopStream::kGroups * ShopStream::kGroupItems; ++k) {
    const std::string group = "group" + std::to_string(k / ShopStream::kGroupItems);
    const std::string name = ShopStream::name(k);
    updates.push_back({.id = item_id_of(name),
                       .name = name,
                       .title = group + " thing no" + std::to_string(k),
                       .category = {"all", group},
                       .price = 1.0 + static_cast<double>(k % 7)});
  }
  return updates;
}

/// In no event so far.
ItemUpdate new_item(const std::string& name, const std::string& title) {
  return {.id = item_id_of(name), .name = name, .title = title};
}

const RankedItem* find(const RankedList& list, const std::string& name) {
  const auto found = std::find_if(list.items.begin(), list.items.end(),
                                  [&](const RankedItem& item) { return item.name == name; });
  return found == list.items.end() ? nullptr : &*found;
}

/// A learner that learns the made-up shop and a replica that follows it.
class RankingByContent : public testing::Test {
 protected:
  void follow() {
    const auto delta = learner_.take_delta();
    if (delta != nullptr) {
      ASSERT_TRUE(replica_.apply(*delta));
    }
  }
  void update(const std::vector<ItemUpdate>& updates) {
    learner_.update_items(updates);
    follow();
  }
  RankedList rank(const RankRequest& request) { return replica_.rank({&request, 1}).at(0); }

  ShopStream stream_{kSeed};
  Learner learner_{ScoringConfig{}, nullptr};
  Replica replica_{ScoringConfig{}, nullptr};
};

TEST_F(RankingByContent, NewItemIsListedFromItsUpdateOn) {
  update(described_shop());
  learner_.learn(stream_.take(3'000));
  follow();
  const RankRequest request = request_after({"item-3", "item-4"});
  ASSERT_EQ(find(rank(request), "brand-new"), nullptr);

  update({new_item("brand-new", "group0 thing no4 large")});

  const RankedList list = rank(request);
  const RankedItem* listed = find(list, "brand-new");
  ASSERT_NE(listed, nullptr) << text_of(list);
  const Reason& reason = listed->reasons.at(0);
  EXPECT_EQ(reason.source, Source::kContent);
  EXPECT_EQ(reason.because_of_name, "item-4");
  EXPECT_EQ(reason.text, "Similar to group0 thing no4");
}

TEST_F(RankingByContent, UnavailableItemsAreNotNamed) {
  update(described_shop());
  learner_.learn(stream_.take(1'000));
  ItemUpdate item = new_item("brand-new", "group0 thing no4 large");
  item.available = false;

  update({item});

  EXPECT_EQ(find(rank(request_after({"item-3", "item-4"})), "brand-new"), nullptr);
}

TEST_F(RankingByContent, ReplicaKnowsTheLearnersNeighboursWheneverDeltasAreTaken) {
  const auto updates = described_shop();
  Replica late(ScoringConfig{}, nullptr);
  Delta all;
  for (std::size_t begin = 0; begin < updates.size(); begin += 30) {
    learner_.update_items(std::span(updates).subspan(begin, 30));
    learner_.learn(stream_.take(100));
    const auto delta = learner_.take_delta();
    ASSERT_TRUE(replica_.apply(*delta));
    // The other replica was away and gets the updates together.
    all.new_items.insert(all.new_items.end(), delta->new_items.begin(), delta->new_items.end());
    all.item_updates.insert(all.item_updates.end(), delta->item_updates.begin(),
                            delta->item_updates.end());
  }
  ASSERT_TRUE(late.apply(all));

  for (ItemRow row = 0; row < learner_.knowledge().catalogue().rows(); ++row) {
    std::vector<ScoredRow> expected, found, found_late;
    learner_.knowledge().content().neighbours(row, expected);
    replica_.knowledge().content().neighbours(row, found);
    late.knowledge().content().neighbours(row, found_late);
    ASSERT_EQ(found, expected);
    ASSERT_EQ(found_late, expected);
  }
  Recommender of_learner(ScoringConfig{}, learner_.knowledge());
  const auto requests = many_requests();
  const auto expected = of_learner.rank(requests, RankEffort::kFull);
  const auto lists = replica_.rank(requests);
  for (std::size_t k = 0; k < lists.size(); ++k) ASSERT_EQ(text_of(lists[k]), text_of(expected[k]));
}

TEST_F(RankingByContent, CheckpointBringsTheNeighboursBack) {
  const std::string directory =
      testing::TempDir() + "freshet_content_checkpoint_" + std::to_string(::getpid());
  update(described_shop());
  learner_.learn(stream_.take(1'000));
  ASSERT_NE(learner_.take_delta(), nullptr);
  ASSERT_TRUE(learner_.save(directory));
  Learner loaded(ScoringConfig{}, nullptr);
  Replica replica(ScoringConfig{}, nullptr);

  ASSERT_TRUE(loaded.load(directory));
  ASSERT_TRUE(replica.apply(*loaded.take_delta()));
  const ItemUpdate item = new_item("brand-new", "group0 thing no4 large");
  loaded.update_items({&item, 1});
  ASSERT_TRUE(replica.apply(*loaded.take_delta()));

  for (ItemRow row = 0; row < loaded.knowledge().catalogue().rows(); ++row) {
    std::vector<ScoredRow> expected, found;
    loaded.knowledge().content().neighbours(row, expected);
    replica.knowledge().content().neighbours(row, found);
    ASSERT_FALSE(expected.empty());
    ASSERT_EQ(found, expected);
  }
  const RankRequest request = request_after({"item-3", "item-4"});
  EXPECT_NE(find(replica.rank({&request, 1}).at(0), "brand-new"), nullptr);
  std::filesystem::remove_all(directory);
}

TEST_F(RankingByContent, WithoutContentTheListsAreThoseOfContentSwitchedOff) {
  ScoringConfig off;
  off.content.enabled = off.exploration.enabled = false;
  Learner learner_off(off, nullptr);
  Replica replica_off(off, nullptr);
  const auto examples = stream_.take(2'000);

  learner_.learn(examples);
  follow();
  learner_off.learn(examples);
  ASSERT_TRUE(replica_off.apply(*learner_off.take_delta()));

  const auto requests = many_requests();
  const auto lists = replica_.rank(requests);
  const auto lists_off = replica_off.rank(requests);
  for (std::size_t k = 0; k < lists.size(); ++k)
    ASSERT_EQ(text_of(lists[k]), text_of(lists_off[k]));
}

TEST_F(RankingByContent, FeaturesOfContentAreLeftOutUntilThereIsContent) {
  learner_.learn(stream_.take(500));
  Scorer scorer(ScoringConfig{}, learner_.knowledge());
  const RankRequest request = request_after({"item-3", "item-4"});
  const auto context =
      make_context(known_user(request.state), learner_.knowledge().catalogue(), {});
  CandidateSet set;
  scorer.score(context, set);
  EXPECT_EQ(set.features_used, kContentFeaturesBegin);

  learner_.update_items(described_shop());
  scorer.score(context, set);

  EXPECT_EQ(set.features_used, kFeatureCount);
  const ItemRow item = learner_.knowledge().catalogue().find(item_id_of("item-4"));
  const auto own = std::find(set.rows.begin(), set.rows.end(), item) - set.rows.begin();
  const float* block =
      &set.features[static_cast<std::size_t>(own) * kFeatureCount + kContentFeaturesBegin];
  EXPECT_NEAR(block[kContentLast], 1, 1e-5F);
  EXPECT_FLOAT_EQ(block[kCategoryDepth], 2);
  EXPECT_FLOAT_EQ(block[kPriceRatio], 0);
  for (const float feature : set.features) ASSERT_TRUE(std::isfinite(feature));
}

TEST(MixtureTrainer, SleepingExpertsNeitherWinNorLose) {
  MixtureConfig config;
  config.learning_rate = 0.05;
  MixtureTrainer trainer(config);
  SourceSet awake = SourceSet().set();
  awake[index_of(Source::kNetwork)] = awake[index_of(Source::kContent)] = false;
  PerSource good_walk{};
  good_walk[index_of(Source::kWalk)] = 0.5F;

  for (int k = 0; k < 1'000; ++k) trainer.learn(0, good_walk, awake);

  const PerSource& weights = trainer.weights().of[0];
  const float even = 1.0F / static_cast<float>(kSourceCount);
  EXPECT_FLOAT_EQ(weights[index_of(Source::kNetwork)], even);
  EXPECT_FLOAT_EQ(weights[index_of(Source::kContent)], even);
  EXPECT_NEAR(std::accumulate(weights.begin(), weights.end(), 0.0F), 1, 1e-4);
  const PerSource said = awake_weights(weights, awake);
  EXPECT_GT(said[index_of(Source::kWalk)], 0.98F);
  EXPECT_GE(said[index_of(Source::kRepeat)], 0.999F * static_cast<float>(config.floor));
}

/// New items in a catalogue of older ones.
class Exploring : public testing::Test {
 protected:
  void SetUp() override {
    for (int k = 0; k < 40; ++k) {
      const std::string name = ShopStream::name(static_cast<std::size_t>(k));
      catalogue_.add({item_id_of(name), name});
      if (k >= 20) catalogue_.update(new_item(name, "title"));
    }
    popularity_.grow(40);
  }
  Context context_of(ItemRow row) const {
    Context context;
    context.steps.push_back({row, true});
    context.distinct.push_back({.row = row, .times = 1});
    return context;
  }
  std::vector<ScoredRow> candidates(ItemRow last) {
    std::vector<ScoredRow> best;
    expert_.prepare(context_of(last), 40);
    expert_.candidates(5, best);
    return best;
  }

  Catalogue catalogue_{CatalogueConfig{}};
  Popularity popularity_{PopularityConfig{}};
  ExplorationExpert expert_{{.items_max = 30, .events_max = 2}, popularity_, catalogue_};
};

TEST_F(Exploring, NamesDescribedItemsWithFewEventsAlone) {
  popularity_.observe(25);
  popularity_.observe(25);  // No longer new.
  ItemUpdate gone = new_item(ShopStream::name(26), "title");
  gone.available = false;
  catalogue_.update(gone);

  expert_.prepare(context_of(1), 40);

  EXPECT_TRUE(expert_.awake());
  float total = 0;
  for (ItemRow row = 0; row < 40; ++row) {
    const bool is_new = row >= 20 && row != 25 && row != 26;
    EXPECT_EQ(expert_.probability(row) > 0, is_new) << row;
    total += expert_.probability(row);
  }
  EXPECT_NEAR(total, 1, 1e-4F);
}

TEST_F(Exploring, DrawsTheSameForTheSameHistoryAndOthersForOthers) {
  EXPECT_EQ(candidates(1), candidates(1));
  EXPECT_NE(candidates(1), candidates(2));
}

TEST_F(Exploring, EveryNewItemHasItsTurn) {
  std::vector<int> turns(40, 0);
  for (ItemRow last = 0; last < 20; ++last)
    for (const ScoredRow& named : candidates(last)) ++turns[named.row];

  for (ItemRow row = 20; row < 40; ++row) EXPECT_GT(turns[row], 0) << row;
}

}  // namespace
}  // namespace freshet
