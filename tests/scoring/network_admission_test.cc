#include <gtest/gtest.h>

#include "fakes/fake_network.h"
#include "fakes/temporary_directory.h"
#include "scoring/experts/network_expert.h"
#include "scoring/learning/learner.h"
#include "scoring/network/fused_network.h"
#include "scoring/replica.h"
#include "shop_stream.h"

namespace freshet {
namespace {

ScoringConfig config_of(std::size_t events_min) {
  ScoringConfig config;
  config.network = {.enabled = true,
                    .dim = 8,
                    .heads = 2,
                    .history_max = 6,
                    .negatives = 32,
                    .events_min = events_min};
  return config;
}

NetworkFactory network_of(const ScoringConfig& config) {
  return [network = config.network] { return make_fused_network(network, 5); };
}

bool is_fresh(const Knowledge& knowledge, const Network& fresh, ItemRow row) {
  const ItemTableView table = knowledge.network()->item_table(), of_fresh = fresh.item_table();
  const float* vector = table.vectors + row * table.dim;
  return std::equal(vector, vector + table.dim, of_fresh.vectors + row * table.dim) &&
         table.biases[row] == 0;
}

bool is_excluded(const Knowledge& knowledge, ItemRow row) {
  std::vector<std::uint64_t> buffer;
  return (knowledge.network_excluded(buffer)[row / 64] >> (row % 64) & 1) != 0;
}

TEST(NetworkAdmission, ItemIsNeitherLearnedNorRankedBeforeItHadEnoughEvents) {
  const ScoringConfig config = config_of(4);
  Learner learner(config, network_of(config));
  const auto fresh = network_of(config)();

  learner.learn(ShopStream(3).take(1'000));

  const Knowledge& knowledge = learner.knowledge();
  fresh->grow(knowledge.catalogue().rows());
  std::size_t waiting = 0, learned = 0;
  for (const ItemRow row : knowledge.catalogue().by_age()) {
    const bool waits = knowledge.popularity().count(row) < 4;
    EXPECT_EQ(is_excluded(knowledge, row), waits);
    if (waits) {
      EXPECT_TRUE(is_fresh(knowledge, *fresh, row));
    }
    waits ? ++waiting : ++learned;
  }
  EXPECT_GT(waiting, 20U);
  EXPECT_GT(learned, 100U);
}

TEST(NetworkAdmission, ExpertSeesTheGrownTableWhenNoHistoryIsKnownToTheNetwork) {
  const auto network = network_of(config_of(4))();
  network->grow(10);
  const ActionShares shares;
  NetworkExpert expert(network.get(), shares, {});
  Context known, unknown;
  known.sequence.steps = {{3, 0, 0}};
  const std::vector<const Context*> first{&known}, second{&unknown};
  expert.start_batch(first, 5, {});
  network->grow(10'000);

  expert.start_batch(second, 5, {});

  EXPECT_EQ(expert.table().rows, 10'000U);
  EXPECT_EQ(expert.table().vectors, network->item_table().vectors);
}

/// A device that scans as top_k() does, or fails.
class FakeDevice final : public DeviceScan {
 public:
  Status follow(const ItemTableView& table) override {
    table_ = table;
    return {};
  }
  Result<ScanFindings> search(std::span<const float> queries, std::size_t k,
                              std::span<const std::uint64_t> excluded) override {
    if (fails) return error(ErrorCode::kInternal, "the fake device was told to fail");
    ++searches;
    ScanFindings found;
    found.best = top_k(table_, queries, k, excluded, &found.log_sum_exp);
    return found;
  }

  bool fails = false;
  int searches = 0;

 private:
  ItemTableView table_;
};

class NetworkWithDevice final : public FakeNetwork {
 public:
  using FakeNetwork::FakeNetwork;
  DeviceScan* device_scan() override { return &device; }
  FakeDevice device;
};

TEST(NetworkExpert, AsksTheNetworksDeviceWhereThereIsOne) {
  FakeNetwork::Levers levers;
  NetworkWithDevice with(&levers);
  FakeNetwork without(&levers);
  const ActionShares shares;
  Context context;
  context.sequence.steps = {{3, 0, 0}};
  const std::vector<const Context*> batch{&context};
  std::vector<ScoredRow> by_device, by_processor;
  NetworkExpert expert(&with, shares, {}), plain(&without, shares, {});
  with.grow(50);
  without.grow(50);
  for (auto [asked, best] : {std::pair{&expert, &by_device}, std::pair{&plain, &by_processor}}) {
    asked->start_batch(batch, 5, {});
    asked->prepare(context, 50);
    asked->candidates(5, *best);
  }

  EXPECT_EQ(with.device.searches, 1);
  EXPECT_EQ(by_device, by_processor);

  with.device.fails = true;
  expert.start_batch(batch, 5, {});
  expert.prepare(context, 50);

  EXPECT_TRUE(expert.failed());
  EXPECT_FALSE(expert.awake());
}

TEST(NetworkAdmission, WithoutItEveryItemIsThereFromItsFirstSightOn) {
  const ScoringConfig config = config_of(0);
  Learner learner(config, network_of(config));

  learner.learn(ShopStream(3).take(100));

  for (const ItemRow row : learner.knowledge().catalogue().by_age())
    EXPECT_FALSE(is_excluded(learner.knowledge(), row));
}

TEST(NetworkAdmission, ReplicaAndLoadedLearnerLeaveTheSameItemsOut) {
  const ScoringConfig config = config_of(4);
  const TemporaryDirectory directory;
  Learner learner(config, network_of(config)), loaded(config, network_of(config));
  Replica replica(config, network_of(config)), of_loaded(config, network_of(config));
  learner.learn(ShopStream(3).take(1'000));
  ASSERT_TRUE(replica.apply(*learner.take_delta()));
  ASSERT_TRUE(learner.save(directory.path()));
  ASSERT_TRUE(loaded.load(directory.path()));
  ASSERT_TRUE(of_loaded.apply(*loaded.take_delta()));

  for (const ItemRow row : learner.knowledge().catalogue().by_age()) {
    const bool expected = is_excluded(learner.knowledge(), row);
    EXPECT_EQ(is_excluded(replica.knowledge(), row), expected);
    EXPECT_EQ(is_excluded(of_loaded.knowledge(), row), expected);
  }
  Recommender of_learner(config, learner.knowledge());
  const auto requests = many_requests();
  const auto expected = of_learner.rank(requests, RankEffort::kFull);
  const auto lists = replica.rank(requests);
  for (std::size_t k = 0; k < lists.size(); ++k) ASSERT_EQ(text_of(lists[k]), text_of(expected[k]));
}

}  // namespace
}  // namespace freshet
