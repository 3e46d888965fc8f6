#include "scoring/topk/top_k_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <set>
#include <thread>

#include "scoring/network/fused_network.h"
#include "scoring/topk/row_sample.h"

namespace freshet {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
using Lists = std::vector<std::vector<ScoredRow>>;

/// An item table that can change, and queries.
struct World {
  std::mt19937 random;
  std::size_t rows, dim;
  std::vector<float> vectors, biases, queries;
  RowStamps stamps;

  World(std::size_t row_count, std::size_t width, std::size_t query_count, unsigned seed)
      : random(seed),
        rows(row_count),
        dim(width),
        vectors(rows * dim),
        biases(rows),
        queries(query_count * dim) {
    for (float& value : queries) value = normal();
    stamps.resize(rows);
    stamps.advance();
    for (std::size_t row = 0; row < rows; ++row) set(row, 1);
  }

  float normal() { return std::normal_distribution<float>()(random); }

  void set(std::size_t row, float length) {
    for (std::size_t d = 0; d < dim; ++d) vectors[row * dim + d] = length * normal();
    stamps.mark(row);
  }
  /// Norms as popularity spreads them.
  void spread() {
    stamps.advance();
    for (std::size_t row = 0; row < rows; ++row) set(row, std::exp(0.7F * normal()));
  }
  void add_biases(float size) {
    for (float& bias : biases) bias = size * normal();
  }
  void grow(std::size_t count) {
    vectors.resize((rows + count) * dim);
    biases.resize(rows + count);
    stamps.resize(rows + count);
    stamps.advance();
    for (const std::size_t end = rows + count; rows < end; ++rows) set(rows, 0.2F);
  }
  ItemTableView table() const {
    return {vectors.data(), biases.data(), rows, dim, nullptr, &stamps};
  }
  std::vector<std::uint64_t> bitmap(double share) {
    std::vector<std::uint64_t> bits((rows + 63) / 64);
    for (std::size_t row = 0; row < rows; ++row)
      if (std::uniform_real_distribution<>()(random) < share) bits[row / 64] |= 1ULL << row % 64;
    return bits;
  }
};

/// The same lists but for rows whose scores are equal as far as float32 tells.
void expect_same(const Lists& found, const Lists& exact) {
  ASSERT_EQ(found.size(), exact.size());
  for (std::size_t i = 0; i < exact.size(); ++i) {
    ASSERT_EQ(found[i].size(), exact[i].size()) << "query " << i;
    std::set<ItemRow> rows;
    for (const ScoredRow& entry : found[i]) rows.insert(entry.row);
    ASSERT_EQ(rows.size(), found[i].size()) << "a row twice, query " << i;
    for (std::size_t at = 0; at < exact[i].size(); ++at) {
      const float score = exact[i][at].score;
      const float tolerance = 2e-5F * (1 + std::abs(score));
      ASSERT_NEAR(found[i][at].score, score, tolerance) << "query " << i << " place " << at;
      const bool surely = score > exact[i].back().score + tolerance;
      ASSERT_TRUE(!surely || rows.contains(exact[i][at].row)) << "query " << i << " place " << at;
    }
  }
}

unsigned printed_seed() {
  const unsigned seed = std::random_device{}();
  std::printf("seed %u\n", seed);
  return seed;
}

/// One run per instruction set of this processor.
class TopKIndexTest : public testing::TestWithParam<std::size_t> {
 protected:
  static TopKIndex index() { return TopKIndex({&supported_scan_kernels()[GetParam()], 1}); }

  static void expect_exact(const TopKIndex& index, const World& world, TopKRequest request) {
    request.queries = world.queries;
    expect_same(index.search(world.table(), request, nullptr),
                top_k(world.table(), world.queries, request.k, request.excluded, nullptr));
  }
};

TEST_P(TopKIndexTest, EqualsTheFloat32ScanOnRandomTables) {
  const unsigned seed = printed_seed();
  std::mt19937 random(seed);
  for (const std::size_t dim : {1, 3, 20, 33, 64}) {
    World world(RowSample::kAllMax + 1 + random() % 3000, dim, 1 + random() % 90, random());
    if (random() % 2 == 0) world.spread();
    if (random() % 2 == 0) world.add_biases(random() % 2 == 0 ? 0.1F : 5);
    TopKIndex index = this->index();
    index.follow(world.table());
    ASSERT_TRUE(index.uses_codes());
    SCOPED_TRACE("dim " + std::to_string(dim) + " seed " + std::to_string(seed));
    expect_exact(index, world, {.k = 1 + random() % 150});
  }
}

TEST_P(TopKIndexTest, FollowsRowsThatChangeGrowAndComeNew) {
  const unsigned seed = printed_seed();
  World world(5000, 12, 20, seed);
  world.add_biases(0.3F);
  TopKIndex index = this->index();
  for (int round = 0; round < 12; ++round) {
    index.follow(world.table());
    expect_exact(index, world, {.k = 50});
    world.stamps.advance();
    for (int i = 0; i < 40; ++i) {
      const std::size_t row = world.random() % world.rows;
      world.set(row, std::exp(world.normal() + 0.2F * static_cast<float>(round)));
      world.biases[row] = world.normal();
    }
    if (round % 3 == 0) world.grow(1 + world.random() % 1000);
  }
}

TEST_P(TopKIndexTest, NothingIsClippedWhenARowOutgrowsItsTile) {
  World world(5000, 8, 4, 1);
  TopKIndex index = this->index();
  index.follow(world.table());
  world.stamps.advance();
  world.set(77, 1000);

  index.follow(world.table());

  expect_exact(index, world, {.k = 10});
}

TEST_P(TopKIndexTest, LeavesOutRowsAndQueriesThatAreNotFinite) {
  World world(5000, 8, 3, 2);
  world.vectors[70 * 8 + 3] = kNan;
  world.biases[90] = kNan;
  world.queries[8] = kNan;
  TopKIndex index = this->index();
  index.follow(world.table());
  expect_exact(index, world, {.k = 100});
  world.stamps.advance();
  world.set(70, 5);

  index.follow(world.table());

  expect_exact(index, world, {.k = 100});
}

TEST_P(TopKIndexTest, FiltersAreWhatTheFloat32ScanFilters) {
  const unsigned seed = printed_seed();
  World world(9000, 16, 40, seed);
  TopKIndex index = this->index();
  index.follow(world.table());
  for (const double share : {0.001, 0.1, 0.45, 0.9, 0.999, 1.0}) {
    SCOPED_TRACE(share);
    const auto excluded = world.bitmap(share);
    expect_exact(index, world, {.k = 100, .excluded = excluded});
  }
}

TEST_P(TopKIndexTest, QueriesMayHaveFiltersOfTheirOwn) {
  const unsigned seed = printed_seed();
  World world(6000, 16, 3, seed);
  TopKIndex index = this->index();
  index.follow(world.table());
  const auto excluded = world.bitmap(0.1);
  const std::vector<std::vector<std::uint64_t>> bitmaps{world.bitmap(0.5), {}, world.bitmap(0.999)};
  const std::vector<std::span<const std::uint64_t>> own(bitmaps.begin(), bitmaps.end());

  const Lists found = index.search(
      world.table(), {.queries = world.queries, .k = 30, .excluded = excluded, .own_excluded = own},
      nullptr);

  for (std::size_t i = 0; i < 3; ++i) {
    std::vector<std::uint64_t> both = excluded;
    for (std::size_t word = 0; word < bitmaps[i].size(); ++word) both[word] |= bitmaps[i][word];
    const auto query = std::span(world.queries).subspan(i * 16, 16);
    expect_same({found[i]}, top_k(world.table(), query, 30, both, nullptr));
  }
}

TEST_P(TopKIndexTest, BreaksTiesBySmallerRow) {
  World world(5000, 4, 2, 3);
  std::fill(world.vectors.begin(), world.vectors.end(), 1.0F);
  std::fill_n(world.queries.begin() + 4, 4, 0.0F);
  TopKIndex index = this->index();
  index.follow(world.table());

  const Lists found = index.search(world.table(), {.queries = world.queries, .k = 5}, nullptr);

  for (const auto& list : found) {
    ASSERT_EQ(list.size(), 5U);
    for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(list[i].row, i);
  }
}

TEST_P(TopKIndexTest, GivesAllRowsWhenThereAreFewerThanK) {
  World world(5000, 4, 2, 4);
  TopKIndex index = this->index();
  index.follow(world.table());

  expect_exact(index, world, {.k = 6000});
}

TEST_P(TopKIndexTest, EarlierListsChangeNothing) {
  World world(6000, 16, 10, 5);
  world.spread();
  TopKIndex index = this->index();
  index.follow(world.table());
  const auto excluded = world.bitmap(0.2);
  std::vector<std::vector<ItemRow>> previous(10);
  for (std::size_t i = 0; i < 9; ++i)
    for (std::size_t k = 0; k < 200; ++k)
      previous[i].push_back(static_cast<ItemRow>(world.random() % 7000));

  expect_exact(index, world, {.k = 20, .excluded = excluded, .previous = previous});
}

TEST_P(TopKIndexTest, StatisticalMarginFindsNearlyAll) {
  World world(20'000, 32, 64, 6);
  TopKIndex index = this->index();
  index.follow(world.table());
  const auto exact = top_k(world.table(), world.queries, 100, {}, nullptr);

  const Lists found = index.search(
      world.table(), {.queries = world.queries, .k = 100, .margin = Margin::kStatistical}, nullptr);

  std::size_t hits = 0;
  for (std::size_t i = 0; i < found.size(); ++i)
    for (const ScoredRow& entry : found[i])
      hits += entry.score >= exact[i].back().score * (1 - 1e-5F) ? 1 : 0;
  EXPECT_GE(hits, 6398U);  // Of 6,400; the seed is fixed.
}

INSTANTIATE_TEST_SUITE_P(EveryInstructionSet, TopKIndexTest,
                         testing::Range<std::size_t>(0, supported_scan_kernels().size()),
                         [](const auto& test) {
                           return std::string(supported_scan_kernels()[test.param].name);
                         });

TEST(TopKIndex, SmallTablesAndUnknownChangesAreScannedInFloat32) {
  World small(100, 8, 2, 1), large(TopKIndex::kRowsMin, 8, 2, 1);
  TopKIndex index;
  index.follow(small.table());
  EXPECT_FALSE(index.uses_codes());
  ItemTableView unknown = large.table();
  unknown.stamps = nullptr;
  index.follow(unknown);
  EXPECT_FALSE(index.uses_codes());
  index.follow(ItemTableView{.dim = 8});
  const Lists found = index.search({.dim = 8}, {.queries = small.queries, .k = 3}, nullptr);
  EXPECT_THAT(found, testing::ElementsAre(testing::IsEmpty(), testing::IsEmpty()));
}

TEST(TopKIndex, IsMadeAnewWhenTheTableShrinksOrIsAnother) {
  World world(6000, 8, 4, 1), other(6000, 8, 4, 2);
  TopKIndex index({nullptr, 1});
  index.follow(world.table());
  index.follow(other.table());
  expect_same(index.search(other.table(), {.queries = other.queries, .k = 9}, nullptr),
              top_k(other.table(), other.queries, 9, {}, nullptr));
  other.rows = 5000;
  other.stamps.resize(5000);

  index.follow(other.table());

  expect_same(index.search(other.table(), {.queries = other.queries, .k = 9}, nullptr),
              top_k(other.table(), other.queries, 9, {}, nullptr));
}

TEST(TopKIndex, ScansACompressedTableByItsDecodedNumbers) {
  World world(6000, 20, 8, 1);
  CompressedRows compressed(TableFormat::kBfloat16, 20);
  compressed.resize(world.rows);
  for (std::size_t row = 0; row < world.rows; ++row)
    compressed.write(row, world.vectors.data() + row * 20);
  ItemTableView table = world.table();
  table.vectors = nullptr;
  table.compressed = &compressed;
  TopKIndex index({nullptr, 1});

  index.follow(table);

  ASSERT_TRUE(index.uses_codes());
  expect_same(index.search(table, {.queries = world.queries, .k = 40}, nullptr),
              top_k(table, world.queries, 40, {}, nullptr));
}

TEST(TopKIndex, OrderOfNormsIsRestoredStepByStep) {
  World world(8 * kScanRows, 8, 4, 7);
  world.spread();
  TopKIndex index({nullptr, 1});
  index.follow(world.table());
  world.stamps.advance();
  for (std::size_t i = 0; i < 12; ++i) world.set(world.random() % world.rows, 20);
  index.follow(world.table());
  const auto disorder = [&] {
    std::size_t pairs = 0;
    for (std::size_t tile = 1; tile < index.tiles().tile_count(); ++tile)
      pairs += index.tiles().bounds(tile).norm > 1.1F * index.tiles().bounds(tile - 1).norm ? 1 : 0;
    return pairs;
  };
  EXPECT_GT(disorder(), 0U);

  for (int step = 0; step < 200; ++step) index.follow(world.table());

  EXPECT_EQ(disorder(), 0U);
  EXPECT_LT(index.tiles().bounds(7).norm, 0.2F * index.tiles().bounds(0).norm);
  expect_same(index.search(world.table(), {.queries = world.queries, .k = 40}, nullptr),
              top_k(world.table(), world.queries, 40, {}, nullptr));
}

TEST(TopKIndex, LogSumIsExactForTheHeadAndSampledForTheTail) {
  World world(50'000, 16, 64, 8);
  for (float& value : world.queries) value *= 0.5F;  // Scores of deviation 2.
  TopKIndex index({nullptr, 1});
  index.follow(world.table());
  const auto excluded = world.bitmap(0.3);
  std::vector<float> sums, exact;

  index.search(world.table(), {.queries = world.queries, .k = 100, .excluded = excluded}, &sums);
  top_k(world.table(), world.queries, 100, excluded, &exact);

  ASSERT_EQ(sums.size(), exact.size());
  double square = 0;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    EXPECT_NEAR(sums[i], exact[i], 0.3F);
    square += (sums[i] - exact[i]) * (sums[i] - exact[i]);
  }
  EXPECT_LT(std::sqrt(square / 64), 0.08);
}

TEST(TopKIndex, ThreadsShareATableThatRests) {
  World world(6000, 16, 32, 9);
  TopKIndex index({nullptr, 1});
  index.follow(world.table());
  const TopKRequest request{.queries = world.queries, .k = 50};
  const Lists alone = index.search(world.table(), request, nullptr);
  std::vector<Lists> found(4);
  {
    std::vector<std::jthread> threads;
    for (Lists& lists : found)
      threads.emplace_back([&] { lists = index.search(world.table(), request, nullptr); });
  }
  for (const Lists& lists : found) EXPECT_EQ(lists, alone);
}

TEST(TopKIndex, FollowsTheTableOfANetworkThatLearns) {
  const NetworkConfig config{.dim = 16, .history_max = 5, .device = "cpu"};
  const auto network = make_fused_network(config, 1);
  network->grow(TopKIndex::kRowsMin);
  TopKIndex index;
  std::mt19937 random(1);
  for (int step = 0; step < 30; ++step) {
    std::vector<SequenceExample> examples(8);
    Negatives negatives;
    for (SequenceExample& example : examples) {
      for (int k = 0; k < 3; ++k)
        example.sequence.steps.push_back({static_cast<ItemRow>(random() % 8192), 1, 1});
      example.target = static_cast<ItemRow>(random() % 8192);
      negatives.target_log_q.push_back(-9);
    }
    for (int k = 0; k < 20; ++k) {
      negatives.rows.push_back(static_cast<ItemRow>(random() % 8192));
      negatives.log_q.push_back(-9);
    }
    ASSERT_TRUE(network->train(examples, negatives));
    const ItemRow renewed = static_cast<ItemRow>(random() % 8192);
    network->reset({&renewed, 1});
    if (step % 10 == 5) network->grow(8192 + 10 * static_cast<std::size_t>(step));
    std::vector<Sequence> sequences;
    for (const SequenceExample& example : examples) sequences.push_back(example.sequence);
    const auto queries = network->queries(sequences);
    ASSERT_TRUE(queries);

    index.follow(network->item_table());

    ASSERT_TRUE(index.uses_codes());
    expect_same(index.search(network->item_table(), {.queries = *queries, .k = 30}, nullptr),
                top_k(network->item_table(), *queries, 30, {}, nullptr));
  }
}

TEST(RowStamps, NamesTheRowsMarkedSinceATime) {
  RowStamps stamps;
  stamps.resize(1000);
  stamps.advance();
  stamps.mark(3);
  const RowStamps::Time seen = stamps.now();
  stamps.advance();
  stamps.mark(700);
  stamps.mark(5);
  const auto after = [&](RowStamps::Time time) {
    std::vector<std::size_t> rows;
    stamps.for_each_after(time, [&](std::size_t row) { rows.push_back(row); });
    return rows;
  };

  EXPECT_THAT(after(seen), testing::ElementsAre(5, 700));
  EXPECT_THAT(after(0), testing::ElementsAre(3, 5, 700));
  EXPECT_THAT(after(stamps.now()), testing::IsEmpty());
}

}  // namespace
}  // namespace freshet
