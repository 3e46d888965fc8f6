#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "scoring/network_samples.h"

namespace freshet {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

NetworkConfig small_config() {
  return {.dim = 16, .heads = 2, .history_max = 6, .negatives = 32, .device = "cpu"};
}

class NetworkContract : public testing::TestWithParam<NetworkKind> {
 protected:
  static std::unique_ptr<Network> make(const NetworkConfig& config, std::uint64_t seed) {
    return GetParam().make(config, seed);
  }

  static std::unique_ptr<Network> small_network(std::size_t rows) {
    auto network = make(small_config(), 7);
    network->grow(rows);
    return network;
  }
};

std::vector<float> queries_of(Network& network, unsigned seed = 99) {
  const auto queries =
      network.queries(sequences_of(Walk(network.item_table().rows, seed).batch(20)));
  EXPECT_TRUE(queries);
  return queries.value_or(std::vector<float>{});
}

double score(const ItemTableView& table, const float* query, std::size_t row) {
  double sum = table.biases[row];
  for (std::size_t d = 0; d < table.dim; ++d) sum += query[d] * table.vectors[row * table.dim + d];
  return sum;
}

double hit_at_1(Network& network, std::span<const SequenceExample> examples) {
  const auto queries = *network.queries(sequences_of(examples));
  const ItemTableView table = network.item_table();
  std::size_t hits = 0;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    const float* query = queries.data() + i * table.dim;
    std::size_t best = 0;
    for (std::size_t row = 1; row < table.rows; ++row) {
      if (score(table, query, row) > score(table, query, best)) best = row;
    }
    if (best == examples[i].target) ++hits;
  }
  return static_cast<double>(hits) / static_cast<double>(examples.size());
}

TEST_P(NetworkContract, LearnsADeterministicNextItem) {
  auto network = small_network(100);

  const auto losses = train(*network, 100, 400, 1);

  EXPECT_LT(losses.back(), 0.5F * losses.front());
  EXPECT_GT(hit_at_1(*network, Walk(100, 2).batch(200)), 0.9);
}

TEST_P(NetworkContract, LossIsSampledSoftmaxWithLogQByHand) {
  auto network = small_network(10);
  const std::vector<SequenceExample> examples{
      {.sequence = {.steps = {{1, 1, 2}, {2, 0, 0}}}, .target = 3},
      {.sequence = {.steps = {{5, 1, 2}}}, .target = 4, .weight = 2}};
  // Row 4 is the second example's own target: masked for it, a negative for the first.
  const Negatives negatives{
      .rows = {4, 6}, .log_q = {-1.0F, -2.5F}, .target_log_q = {-3.0F, -0.5F}};
  const auto queries = *network->queries(sequences_of(examples));
  const ItemTableView table = network->item_table();
  const double t0 = score(table, queries.data(), 3) + 3.0;
  const double n00 = score(table, queries.data(), 4) + 1.0;
  const double n01 = score(table, queries.data(), 6) + 2.5;
  const double t1 = score(table, queries.data() + 16, 4) + 0.5;
  const double n11 = score(table, queries.data() + 16, 6) + 2.5;
  const double loss0 = std::log(std::exp(t0) + std::exp(n00) + std::exp(n01)) - t0;
  const double loss1 = std::log(std::exp(t1) + std::exp(n11)) - t1;

  const auto loss = network->train(examples, negatives);

  ASSERT_TRUE(loss);
  EXPECT_NEAR(*loss, (loss0 + 2 * loss1) / 2, 1e-5);
}

TEST_P(NetworkContract, ReplicaThatAppliesDeltasGivesIdenticalQueries) {
  auto learner = small_network(50);
  auto replica = small_network(10);
  for (unsigned round = 0; round < 3; ++round) {
    train(*learner, 50, 3, round);
    learner->grow(50 + 10 * (round + 1));
    replica->apply(learner->take_changes());
  }

  EXPECT_EQ(queries_of(*replica), queries_of(*learner));
  const ItemTableView a = learner->item_table(), b = replica->item_table();
  ASSERT_EQ(a.rows, b.rows);
  EXPECT_TRUE(std::equal(a.vectors, a.vectors + a.rows * a.dim, b.vectors));
  EXPECT_TRUE(std::equal(a.biases, a.biases + a.rows, b.biases));
}

TEST_P(NetworkContract, ResetRowsAreAsFreshAsGrownOnesOnTheReplicaToo) {
  auto learner = small_network(50);
  auto replica = small_network(50);
  const auto fresh = small_network(50);
  train(*learner, 50, 20, 1);
  replica->apply(learner->take_changes());
  const std::vector<ItemRow> rows{3, 17};

  learner->reset(rows);
  replica->apply(learner->take_changes());

  const ItemTableView expected = fresh->item_table();
  for (Network* network : {learner.get(), replica.get()}) {
    const ItemTableView table = network->item_table();
    for (const ItemRow row : rows) {
      const float* vector = table.vectors + row * table.dim;
      EXPECT_TRUE(std::equal(vector, vector + table.dim, expected.vectors + row * table.dim));
      EXPECT_EQ(table.biases[row], 0);
    }
  }
  // Adagrad's sums are gone, too: the first step on a fresh row is as long as on a new one.
  auto again = small_network(50);
  ASSERT_TRUE(again->load(*learner->save()));
  EXPECT_EQ(*again->save(), *learner->save());
}

TEST_P(NetworkContract, CompressedReplicaFollowsDeltasAndAnswersNearlyTheSame) {
  for (const TableFormat format : {TableFormat::kBfloat16, TableFormat::kInt8}) {
    auto learner = small_network(50);
    auto replica = small_network(10);
    replica->compress(format);
    train(*learner, 50, 100, 1);
    replica->apply(learner->take_changes());
    const std::vector<ItemRow> rows{3};
    learner->reset(rows);
    replica->apply(learner->take_changes());

    const auto expected = queries_of(*learner), queries = queries_of(*replica);
    const ItemTableView exact = learner->item_table(), table = replica->item_table();
    ASSERT_EQ(table.rows, exact.rows);
    ASSERT_NE(table.compressed, nullptr);
    std::vector<float> vector(exact.dim);
    double difference = 0, size = 0;
    for (std::size_t row = 0; row < exact.rows; ++row) {
      table.read(row, 1, vector.data());
      for (std::size_t d = 0; d < exact.dim; ++d) {
        difference += std::pow(vector[d] - exact.vectors[row * exact.dim + d], 2);
        size += std::pow(exact.vectors[row * exact.dim + d], 2);
      }
    }
    EXPECT_LT(std::sqrt(difference / size), 0.02);
    EXPECT_GT(difference, 0);
    double query_difference = 0, query_size = 0;
    for (std::size_t k = 0; k < expected.size(); ++k) {
      query_difference += std::pow(queries[k] - expected[k], 2);
      query_size += std::pow(expected[k], 2);
    }
    EXPECT_LT(std::sqrt(query_difference / query_size), 0.05);
  }
}

TEST_P(NetworkContract, TakesNothingWhenNothingChanged) {
  auto network = small_network(20);
  train(*network, 20, 1, 1);
  network->take_changes();

  const NetworkDelta delta = network->take_changes();

  EXPECT_EQ(delta.row_count, 20U);
  EXPECT_THAT(delta.rows, testing::IsEmpty());
  EXPECT_THAT(delta.dense, testing::IsEmpty());
}

TEST_P(NetworkContract, GoesOnIdenticallyAfterSaveAndLoad) {
  auto network = small_network(30);
  train(*network, 30, 5, 1);
  const auto bytes = network->save();
  ASSERT_TRUE(bytes);
  auto other = make(small_config(), 1234);

  const Status loaded = other->load(*bytes);

  ASSERT_TRUE(loaded) << loaded.error().text;
  EXPECT_EQ(train(*network, 30, 5, 2), train(*other, 30, 5, 2));
  EXPECT_EQ(queries_of(*network), queries_of(*other));
}

TEST_P(NetworkContract, EverythingCountsAsChangedAfterLoad) {
  auto network = small_network(30);
  train(*network, 30, 2, 1);
  auto restored = make(small_config(), 1234);
  ASSERT_TRUE(restored->load(*network->save()));
  auto replica = make(small_config(), 1234);

  replica->apply(restored->take_changes());

  EXPECT_EQ(queries_of(*replica), queries_of(*network));
}

TEST_P(NetworkContract, RefusesBytesThatAreNoModelOfItsShapeAndStaysAsItWas) {
  auto network = small_network(10);
  const auto before = queries_of(*network);
  NetworkConfig wider = small_config();
  wider.dim = 32;
  auto bytes = *make(wider, 1)->save();

  EXPECT_EQ(network->load(bytes).error().code, ErrorCode::kInvalidConfig);
  EXPECT_EQ(network->load("nonsense").error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(network->load("").error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(network->load(bytes.substr(0, bytes.size() / 2)).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(queries_of(*network), before);
}

TEST_P(NetworkContract, AStepThatIsNotFiniteChangesNothing) {
  auto network = small_network(30);
  train(*network, 30, 2, 1);
  network->take_changes();
  const auto before = *network->save();
  auto examples = Walk(30, 3).batch(4);
  examples[2].weight = kNan;
  const Negatives negatives{.rows = {1, 2}, .log_q = {-1, -1}, .target_log_q = {-1, -1, -1, -1}};

  const auto loss = network->train(examples, negatives);

  ASSERT_FALSE(loss);
  EXPECT_EQ(loss.error().code, ErrorCode::kInternal);
  EXPECT_THAT(network->take_changes().rows, testing::IsEmpty());
  EXPECT_EQ(*network->save(), before);
}

TEST_P(NetworkContract, LivesOnWithNanInItsWeights) {
  auto network = small_network(5);
  network->apply({.row_count = 5, .rows = {3}, .row_values = std::vector<float>(17, kNan)});
  const std::vector<SequenceExample> examples{{.sequence = {.steps = {{3, 0, 0}}}, .target = 1}};

  const auto queries = network->queries(sequences_of(examples));
  const auto loss = network->train(examples, {.rows = {2}, .log_q = {-1}, .target_log_q = {-1}});

  ASSERT_TRUE(queries);
  EXPECT_TRUE(std::isnan((*queries)[0]));
  EXPECT_FALSE(loss);
}

TEST_P(NetworkContract, WeightsThatAreNotFiniteAreNeitherSavedNorLoaded) {
  auto network = small_network(5);
  auto bytes = *network->save();
  const auto before = queries_of(*network);
  std::memcpy(bytes.data() + bytes.size() - sizeof(float), &kNan, sizeof(float));

  EXPECT_EQ(network->load(bytes).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(queries_of(*network), before);
  network->apply({.row_count = 5, .rows = {3}, .row_values = std::vector<float>(17, kNan)});
  EXPECT_EQ(network->save().error().code, ErrorCode::kInternal);
}

TEST_P(NetworkContract, BatchOfDifferentLengthsEqualsOneByOne) {
  auto network = small_network(40);
  train(*network, 40, 5, 1);
  const auto sequences = sequences_of(Walk(40, 5).batch(16));

  const auto together = *network->queries(sequences);

  for (std::size_t i = 0; i < sequences.size(); ++i) {
    const auto alone = *network->queries(std::span(&sequences[i], 1));
    for (std::size_t d = 0; d < 16; ++d) EXPECT_NEAR(together[i * 16 + d], alone[d], 1e-5);
  }
}

TEST_P(NetworkContract, ReadsItsNewestStepsOnly) {
  auto network = small_network(40);
  const Sequence newest{
      .steps = {{1, 0, 0}, {2, 0, 0}, {3, 0, 0}, {4, 0, 0}, {5, 0, 0}, {6, 0, 0}}};
  Sequence longer{.steps = {{30, 2, 9}, {31, 2, 9}}};
  longer.steps.insert(longer.steps.end(), newest.steps.begin(), newest.steps.end());

  EXPECT_EQ(*network->queries(std::span(&newest, 1)), *network->queries(std::span(&longer, 1)));
}

TEST_P(NetworkContract, LearnsWhatAConditionDecides) {
  auto network = small_network(60);
  std::mt19937 random(4);
  // Half of the users stay on the ring, those under the condition go to item 0.
  const auto examples_of = [&](std::size_t size) {
    auto examples = Walk(60, static_cast<unsigned>(random())).batch(size);
    for (SequenceExample& example : examples) {
      example.sequence.conditions.clear();
      if (random() % 2 == 0) continue;
      example.sequence.conditions = {value_row(0, "night")};
      example.target = 0;
    }
    return examples;
  };
  NegativeSampler sampler({.seed = 1});
  for (ItemRow row = 0; row < 60; ++row) sampler.add_row(row);

  for (int step = 0; step < 400; ++step) {
    const auto examples = examples_of(32);
    const auto targets = targets_of(examples);
    ASSERT_TRUE(network->train(examples, sampler.sample(targets, 32)));
    sampler.add_targets(targets);
  }

  EXPECT_GT(hit_at_1(*network, examples_of(300)), 0.9);
}

TEST_P(NetworkContract, AConditionThatWasNeverTrainedSaysNothing) {
  auto network = small_network(40);
  train(*network, 40, 5, 1);  // Conditions below 40 alone.
  const Sequence plain{.steps = {{1, 1, 0}}};
  const Sequence conditioned{.steps = {{1, 1, 0}}, .conditions = {kConditionRows - 1}};
  const Sequence known{.steps = {{1, 1, 0}}, .conditions = {3}};

  EXPECT_EQ(*network->queries(std::span(&plain, 1)), *network->queries(std::span(&conditioned, 1)));
  EXPECT_NE(*network->queries(std::span(&plain, 1)), *network->queries(std::span(&known, 1)));
}

TEST_P(NetworkContract, RefusesInputThatDoesNotFit) {
  auto network = small_network(4);
  const std::vector<SequenceExample> examples{{.sequence = {.steps = {{1, 0, 0}}}, .target = 2}};
  const std::vector<SequenceExample> beyond{{.sequence = {.steps = {{1, 0, 0}}}, .target = 4}};
  const Negatives negatives{.rows = {0}, .log_q = {-1}, .target_log_q = {-1}};

  EXPECT_FALSE(network->queries(std::vector<Sequence>(1)));
  EXPECT_FALSE(network->queries(std::vector<Sequence>{{.steps = {{4, 0, 0}}}}));
  EXPECT_FALSE(network->queries(
      std::vector<Sequence>{{.steps = {{1, 0, 0}}, .conditions = {kConditionRows}}}));
  EXPECT_FALSE(network->train(beyond, negatives));
  EXPECT_FALSE(network->train(examples, {}));
  EXPECT_FALSE(network->train(examples, {.rows = {4}, .log_q = {-1}, .target_log_q = {-1}}));
  EXPECT_TRUE(network->train(examples, negatives));
  EXPECT_THAT(*network->queries({}), testing::IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Twins, NetworkContract, testing::ValuesIn(network_kinds()),
                         [](const auto& instance) { return std::string(instance.param.name); });

}  // namespace
}  // namespace freshet
