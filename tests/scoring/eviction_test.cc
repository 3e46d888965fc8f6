#include <gtest/gtest.h>

#include <functional>

#include "fakes/temporary_directory.h"
#include "scoring/learning/learner.h"
#include "scoring/network/fused_network.h"
#include "scoring/replica.h"
#include "shop_stream.h"

namespace freshet {
namespace {

constexpr std::uint64_t kSeed = 11;
constexpr std::size_t kItemsMax = 64;

/// Far fewer rows than the shop has items (300).
ScoringConfig small_config() {
  ScoringConfig config;
  config.catalogue.items_max = kItemsMax;
  config.covisitation.neighbours_max = 16;
  config.covisitation.walk_edges_max = 8;
  config.popularity.half_lives = {50, 200, 1'000};
  config.learning.batch_size_max = 8;
  config.network = {.enabled = true, .dim = 8, .heads = 2, .history_max = 6, .negatives = 16};
  return config;
}

NetworkFactory network_of(const ScoringConfig& config) {
  return [network = config.network] { return make_fused_network(network, 5); };
}

TrainingExample click(const std::string& item, std::int64_t offset) {
  TrainingExample example;
  example.offset = Offset{offset};
  example.user = "user-" + std::to_string(offset);
  example.item = item_id_of(item);
  example.item_name = item;
  return example;
}

ItemUpdate update_of(const std::string& item, bool removed = false) {
  return {.id = item_id_of(item),
          .name = item,
          .removed = removed,
          .title = "The fine " + item,
          .category = {"things", "group " + std::to_string(item.size())}};
}

std::vector<ItemUpdate> updates_of(std::size_t first, std::size_t count) {
  std::vector<ItemUpdate> updates;
  for (std::size_t k = first; k < first + count; ++k)
    updates.push_back(update_of(ShopStream::name(k)));
  return updates;
}

bool lives(const Knowledge& knowledge, ItemRow row) {
  const Catalogue& catalogue = knowledge.catalogue();
  return catalogue.find(catalogue.item(row).id) == row;
}

/// Nothing anywhere speaks of a row without item.
void expect_no_trace_of_free_rows(const Knowledge& knowledge) {
  ASSERT_LE(knowledge.catalogue().rows(), kItemsMax);
  for (const ScoredRow& top : knowledge.popularity().top()) EXPECT_TRUE(lives(knowledge, top.row));
  std::vector<ScoredRow> nearest;
  for (ItemRow row = 0; row < knowledge.catalogue().rows(); ++row) {
    const Neighbours& item = knowledge.covisitation().of(row);
    for (const ItemRow other : item.rows) EXPECT_TRUE(lives(knowledge, other));
    for (const Edge& edge : item.edges.rows()) EXPECT_TRUE(lives(knowledge, edge.row));
    knowledge.content().neighbours(row, nearest);
    for (const ScoredRow& near : nearest) EXPECT_TRUE(lives(knowledge, near.row));
    if (lives(knowledge, row)) continue;
    EXPECT_TRUE(item.rows.empty());
    EXPECT_TRUE(nearest.empty());
    EXPECT_EQ(knowledge.catalogue().content(row), nullptr);
    EXPECT_EQ(knowledge.popularity().count(row), 0U);
    EXPECT_FALSE(knowledge.catalogue().available(row));
  }
}

void expect_same_network(const Knowledge& a, const Knowledge& b) {
  const ItemTableView of_a = a.network()->item_table(), of_b = b.network()->item_table();
  ASSERT_EQ(of_a.rows, of_b.rows);
  EXPECT_TRUE(std::equal(of_a.vectors, of_a.vectors + of_a.rows * of_a.dim, of_b.vectors));
  EXPECT_TRUE(std::equal(of_a.biases, of_a.biases + of_a.rows, of_b.biases));
}

void expect_same_neighbours(const Knowledge& a, const Knowledge& b) {
  std::vector<ScoredRow> of_a, of_b;
  for (ItemRow row = 0; row < a.catalogue().rows(); ++row) {
    a.content().neighbours(row, of_a);
    b.content().neighbours(row, of_b);
    EXPECT_EQ(of_a, of_b);
  }
}

void expect_same_lists(Recommender a, Recommender b) {
  const auto requests = many_requests();
  const auto of_a = a.rank(requests, RankEffort::kFull);
  const auto of_b = b.rank(requests, RankEffort::kFull);
  for (std::size_t k = 0; k < of_a.size(); ++k) ASSERT_EQ(text_of(of_a[k]), text_of(of_b[k]));
}

/// Learns the stream in chunks of 50 with updates in between.
void learn(Learner& learner, std::span<const TrainingExample> examples, std::size_t first_update,
           const std::function<void()>& after_chunk) {
  for (std::size_t k = 0; k < examples.size(); k += 50) {
    learner.learn(examples.subspan(k, std::min<std::size_t>(50, examples.size() - k)));
    learner.update_items(updates_of((first_update + k) % 290, 10));
    after_chunk();
  }
}

TEST(Eviction, ReplicaStaysEqualWhileItemsComeAndGo) {
  std::printf("seed %llu\n", static_cast<unsigned long long>(kSeed));
  const ScoringConfig config = small_config();
  Learner learner(config, network_of(config));
  Replica replica(config, network_of(config));
  std::size_t chunk = 0;
  const auto examples = ShopStream(kSeed).take(3'000);

  learn(learner, examples, 0, [&] {
    if (++chunk % 7 != 0) return;  // Several evictions in one delta.
    ASSERT_TRUE(replica.apply(*learner.take_delta()));
    expect_no_trace_of_free_rows(replica.knowledge());
  });
  if (const auto rest = learner.take_delta()) {
    ASSERT_TRUE(replica.apply(*rest));
  }

  EXPECT_GT(learner.figures().evicted_items, 100U);
  EXPECT_TRUE(replica.knowledge().to_bytes() == learner.knowledge().to_bytes());
  expect_same_network(replica.knowledge(), learner.knowledge());
  expect_same_neighbours(replica.knowledge(), learner.knowledge());
  expect_same_lists(Recommender(config, learner.knowledge()),
                    Recommender(config, replica.knowledge()));
}

TEST(Eviction, SameModelWheneverDeltasAreTaken) {
  const ScoringConfig config = small_config();
  Learner often(config, network_of(config)), once(config, network_of(config));
  Replica of_often(config, network_of(config)), of_once(config, network_of(config));
  const auto examples = ShopStream(kSeed).take(1'000);

  learn(often, examples, 0, [&] { ASSERT_TRUE(of_often.apply(*often.take_delta())); });
  learn(once, examples, 0, [] {});
  const auto all = once.take_delta();

  EXPECT_GT(all->earlier.size(), 5U);
  ASSERT_TRUE(of_once.apply(*all));
  expect_same_network(of_often.knowledge(), of_once.knowledge());
  expect_same_lists(Recommender(config, of_often.knowledge()),
                    Recommender(config, of_once.knowledge()));
}

TEST(Eviction, CheckpointedLearnerGoesOnAndItsReplicaFollows) {
  const ScoringConfig config = small_config();
  const TemporaryDirectory directory;
  Learner saved(config, network_of(config)), loaded(config, network_of(config));
  Replica replica(config, network_of(config));
  const auto examples = ShopStream(kSeed).take(2'000);
  learn(saved, std::span(examples).first(1'000), 0, [] {});
  ASSERT_NE(saved.take_delta(), nullptr);

  ASSERT_TRUE(saved.save(directory.path()));
  ASSERT_TRUE(loaded.load(directory.path()));
  learn(loaded, std::span(examples).subspan(1'000), 0, [] {});
  learn(saved, std::span(examples).subspan(1'000), 0, [] {});
  ASSERT_TRUE(replica.apply(*loaded.take_delta()));

  const Catalogue &a = saved.knowledge().catalogue(), &b = loaded.knowledge().catalogue();
  ASSERT_EQ(a.rows(), b.rows());
  for (ItemRow row = 0; row < a.rows(); ++row) EXPECT_EQ(a.item(row).name, b.item(row).name);
  EXPECT_TRUE(replica.knowledge().to_bytes() == loaded.knowledge().to_bytes());
  expect_same_network(replica.knowledge(), loaded.knowledge());
}

TEST(Eviction, LeastUsedLeavesFirstAndAnEventBringsANewItemIn) {
  const ScoringConfig config = small_config();
  Learner learner(config, nullptr);
  std::vector<TrainingExample> examples;
  for (std::size_t round = 0; round < 3; ++round)  // Only item-0 to item-59 come again.
    for (std::size_t k = 0; k < (round == 0 ? kItemsMax : 60); ++k)
      examples.push_back(click(ShopStream::name(k), static_cast<std::int64_t>(examples.size())));
  examples.push_back(click("newcomer", static_cast<std::int64_t>(examples.size())));

  learner.learn(examples);

  const Catalogue& catalogue = learner.knowledge().catalogue();
  EXPECT_EQ(learner.figures().evicted_items, kItemsMax / 16);
  EXPECT_EQ(learner.figures().refused_items, 0U);
  EXPECT_NE(catalogue.find(item_id_of("newcomer")), kNoRow);
  for (std::size_t k = 0; k < 60; ++k)
    EXPECT_NE(catalogue.find(item_id_of(ShopStream::name(k))), kNoRow) << k;
  for (std::size_t k = 60; k < kItemsMax; ++k)
    EXPECT_EQ(catalogue.find(item_id_of(ShopStream::name(k))), kNoRow) << k;
}

TEST(Eviction, HistoryOfAnItemThatLeftIsRankedWithoutIt) {
  const ScoringConfig config = small_config();
  Learner learner(config, network_of(config));
  learner.learn(ShopStream(kSeed).take(2'000));
  std::size_t gone = 0;
  while (learner.knowledge().catalogue().find(item_id_of(ShopStream::name(gone))) != kNoRow) ++gone;
  Recommender recommender(config, learner.knowledge());

  const auto lists =
      recommender.rank(std::vector{request_after({ShopStream::name(gone)})}, RankEffort::kFull);

  EXPECT_EQ(lists.at(0).fallback, Fallback::kUnknownUser);
  EXPECT_EQ(lists.at(0).items.size(), config.list_size);
}

TEST(Eviction, UpdatesOfNewItemsDoNotPushOutItemsInUse) {
  const ScoringConfig config = small_config();
  Learner learner(config, nullptr);
  std::vector<TrainingExample> examples;
  for (std::size_t k = 0; k < 3 * kItemsMax; ++k)
    examples.push_back(
        click(ShopStream::name(k % kItemsMax), static_cast<std::int64_t>(examples.size())));
  learner.learn(examples);

  learner.update_items(updates_of(100, 150));

  EXPECT_EQ(learner.figures().evicted_items, 0U);
  EXPECT_EQ(learner.figures().refused_items, 150U);
}

TEST(Eviction, NewestUpdatesStayWhenNobodyUsesTheOthers) {
  const ScoringConfig config = small_config();
  Learner learner(config, nullptr);

  learner.update_items(updates_of(0, 290));
  learner.update_items(updates_of(0, 290));  // Those that are there stay, the others come again.

  const Catalogue& catalogue = learner.knowledge().catalogue();
  EXPECT_EQ(learner.figures().refused_items, 0U);
  EXPECT_NE(catalogue.find(item_id_of(ShopStream::name(289))), kNoRow);
  EXPECT_EQ(catalogue.find(item_id_of(ShopStream::name(0))), kNoRow);
  expect_no_trace_of_free_rows(learner.knowledge());
}

TEST(Eviction, RemovedItemLeavesOnceNobodyUsesIt) {
  ScoringConfig config = small_config();
  config.catalogue.removed_events_max = 100;
  Learner learner(config, nullptr);
  const std::vector<ItemUpdate> updates{update_of("used", true), update_of("unused", true),
                                        update_of("kept")};
  learner.update_items(updates);
  std::vector<TrainingExample> examples;
  for (std::int64_t k = 0; k < 300; ++k)
    examples.push_back(click(k % 10 == 0 ? "used" : ShopStream::name(k % 20), k));

  learner.learn(examples);

  const Catalogue& catalogue = learner.knowledge().catalogue();
  EXPECT_NE(catalogue.find(item_id_of("used")), kNoRow);
  EXPECT_NE(catalogue.find(item_id_of("kept")), kNoRow);
  EXPECT_EQ(catalogue.find(item_id_of("unused")), kNoRow);
  EXPECT_EQ(learner.figures().evicted_items, 1U);
}

TEST(Eviction, OneBatchMayNameANewItemOften) {
  ScoringConfig config = small_config();
  config.catalogue.items_max = 1'000;
  Learner learner(config, nullptr);
  auto updates = updates_of(0, 300);
  const auto again = updates_of(0, 300);
  updates.insert(updates.end(), again.begin(), again.end());
  updates.push_back(update_of("impostor"));
  updates.back().id = item_id_of(ShopStream::name(7));

  learner.update_items(updates);

  EXPECT_EQ(learner.knowledge().catalogue().size(), 300U);
  EXPECT_EQ(learner.knowledge().catalogue().described(), 300U);
  EXPECT_EQ(learner.figures().collisions, 1U);
}

}  // namespace
}  // namespace freshet
