// What the last step of a list costs: re-ranking 100 -> 20, lists under rules, and compiling rules.
#include <benchmark/benchmark.h>

#include <random>
#include <string>

#include "scoring/learning/learner.h"
#include "scoring/ranking/reranker.h"
#include "scoring/ranking/rule_book.h"
#include "scoring/replica.h"

namespace freshet {
namespace {

constexpr std::size_t kPool = 100;
constexpr std::size_t kList = 20;

/// A pool whose items are like some of the others, each with up to 128 neighbours.
struct RerankInput {
  Popularity popularity{PopularityConfig{}};
  Covisitation covisitation{CovisitationConfig{}};
  std::vector<PoolItem> pool;

  RerankInput() {
    constexpr ItemRow kRows = 1'000;
    popularity.grow(kRows);
    covisitation.grow(kRows);
    std::mt19937 random(1);
    for (int k = 0; k < 200'000; ++k) {
      const ContextStep step{.row = static_cast<ItemRow>(random() % kRows), .same_session = true};
      const auto target = static_cast<ItemRow>((step.row + 1 + random() % 64) % kRows);
      covisitation.observe(target, {&step, 1}, {});
      popularity.observe(target);
    }
    for (std::uint32_t k = 0; k < kPool; ++k)
      pool.push_back({static_cast<ItemRow>(k * 3), -0.05F * static_cast<float>(k), k});
  }
};

/// `categories`: how many each item has.
void rerank(benchmark::State& state, RerankDials dials, std::size_t categories = 1) {
  const RerankInput input;
  Reranker reranker(input.covisitation, input.popularity);
  std::vector<CategoryShare> user;
  std::vector<ItemCategories> categories_of(kPool);
  for (std::uint64_t k = 1; k <= 10; ++k) user.push_back({k, 0.1F});
  for (std::size_t k = 0; k < kPool; ++k)
    for (std::size_t c = 0; c < categories; ++c)
      categories_of[k][c] = 1 + (k / (c + 1) + 5 * c) % 15;
  std::vector<ItemRow> list;
  for (auto _ : state) {
    if (dials.calibration > 0) reranker.calibrate(user, categories_of);
    list.clear();
    reranker.choose(
        dials, input.pool, kList, [](const PoolItem&) { return true; },
        [&](const PoolItem& item) { list.push_back(item.row); });
    benchmark::DoNotOptimize(list.data());
  }
}
BENCHMARK_CAPTURE(rerank, relevance_alone, RerankDials{});
BENCHMARK_CAPTURE(rerank, mmr, RerankDials{.diversity = 0.3F, .by_volume = false});
BENCHMARK_CAPTURE(rerank, dpp, RerankDials{.diversity = 0.3F});
BENCHMARK_CAPTURE(rerank, dpp_novelty_calibration,
                  RerankDials{.diversity = 0.3F, .novelty = 0.1F, .calibration = 0.1F});
BENCHMARK_CAPTURE(rerank, calibration_alone, RerankDials{.calibration = 0.1F});
BENCHMARK_CAPTURE(rerank, calibration_alone_three_categories, RerankDials{.calibration = 0.1F}, 3);

ItemUpdate described(std::size_t item) {
  const std::string name = "item-" + std::to_string(item);
  return {.id = item_id_of(name),
          .name = name,
          .category = {"department-" + std::to_string(item % 20),
                       "category-" + std::to_string(item % 300)},
          .brand = "brand-" + std::to_string(item % 1'000),
          .price = static_cast<double>(item % 100),
          .tags = {"tag-" + std::to_string(item % 512)}};
}

/// Rules of all kinds, each matching about one item in 512, or in 20.
std::vector<RuleConfig> make_rules(std::size_t count) {
  std::vector<RuleConfig> rules;
  for (std::size_t k = 0; k < count; ++k) {
    RuleConfig rule{.name = "rule-" + std::to_string(k)};
    const std::string tag = "tag-" + std::to_string(k);
    switch (k % 4) {
      case 0:
        rule.kind = "boost";
        rule.factor = 1.5;
        rule.tags = {tag};
        break;
      case 1:
        rule.kind = "exclude";
        rule.tags = {tag};
        break;
      case 2:
        rule.kind = "at_most";
        rule.count = 3;
        rule.categories = {"department-" + std::to_string(k % 20)};
        break;
      default:
        rule.kind = "bury";
        rule.factor = 0.5;
        rule.brands = {"brand-" + std::to_string(k)};
    }
    rules.push_back(std::move(rule));
  }
  return rules;
}

/// Lists of 20 without a network, under so many rules.
void list_under_rules(benchmark::State& state) {
  constexpr std::size_t kItems = 5'000;
  ScoringConfig config;
  config.rules = make_rules(static_cast<std::size_t>(state.range(0)));
  Learner learner(config, nullptr);
  Replica replica(config, nullptr);
  std::vector<ItemUpdate> items;
  for (std::size_t item = 0; item < kItems; ++item) items.push_back(described(item));
  learner.update_items(items);
  std::mt19937 random(1);
  std::vector<TrainingExample> examples(20'000);
  std::vector<HistoryEntry> history;
  for (std::size_t k = 0; k < examples.size(); ++k) {
    TrainingExample& example = examples[k];
    example.offset = Offset{static_cast<std::int64_t>(k)};
    example.user = "user";
    example.history = history;
    example.item_name = "item-" + std::to_string(random() % 500 + random() % 500);
    example.item = item_id_of(example.item_name);
    if (history.size() == 10) history.erase(history.begin());
    history.push_back({.item = example.item});
  }
  learner.learn(examples);
  if (const Status applied = replica.apply(*learner.take_delta()); !applied)
    return state.SkipWithError(applied.error().text.c_str());
  RankRequest request{.user = "user"};
  request.state.history = history;
  for (auto _ : state) benchmark::DoNotOptimize(replica.rank({&request, 1}));
}
BENCHMARK(list_under_rules)->Arg(0)->Arg(16)->Arg(256)->Unit(benchmark::kMicrosecond);

/// All rules anew over a catalogue, as when one of them changes.
void compile_rules(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  CatalogueConfig config;
  Catalogue catalogue(config);
  for (std::size_t item = 0; item < count; ++item) {
    const ItemUpdate update = described(item);
    catalogue.add({update.id, update.name});
    catalogue.update(update);
  }
  Popularity popularity{PopularityConfig{}};
  popularity.grow(count);
  RuleBook book(ScoringConfig{}, catalogue, popularity, {});
  const auto rules = make_rules(256);
  for (auto _ : state) book.set_rules(rules);
}
BENCHMARK(compile_rules)->Arg(10'000)->Arg(200'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace freshet

BENCHMARK_MAIN();
