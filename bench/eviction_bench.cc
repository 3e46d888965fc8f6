// What it costs when a sixteenth of a full catalogue leaves at once: Knowledge::apply of the delta
// that says so, as learner and replica each do it, and how that compares with one item alone.
#include <benchmark/benchmark.h>

#include <random>

#include "scoring/knowledge.h"

namespace freshet {
namespace {

constexpr std::size_t kBatch = 256;
constexpr std::size_t kSteps = 10;

/// Knowledge of `items` items and `events` events; partners are mostly near by, as in a shop.
std::unique_ptr<Knowledge> knowledge_of(std::size_t items, std::size_t events) {
  auto knowledge = std::make_unique<Knowledge>(ScoringConfig{}, nullptr);
  Delta newcomers;
  for (std::size_t k = 0; k < items; ++k)
    newcomers.new_items.push_back({ItemId{k + 1}, std::to_string(k)});
  ignore_error(knowledge->apply(newcomers), "a finite delta without an image cannot fail");
  std::mt19937_64 random(1);
  for (std::size_t event = 0; event < events; event += kBatch) {
    Delta learned;
    for (std::size_t k = 0; k < kBatch; ++k) {
      const std::size_t target = random() % items;
      for (std::size_t step = 0; step < kSteps; ++step)
        learned.steps.push_back({static_cast<ItemRow>((target + random() % 200) % items), true});
      learned.transitions.push_back(
          {.target = static_cast<ItemRow>(target), .steps = kSteps, .distinct = kNotInHistory});
    }
    ignore_error(knowledge->apply(learned), "a finite delta without an image cannot fail");
  }
  return knowledge;
}

void evict(benchmark::State& state) {
  const auto items = static_cast<std::size_t>(state.range(0));
  const auto count = static_cast<std::size_t>(state.range(1));
  const auto knowledge = knowledge_of(items, 10 * items);
  std::size_t pairs = 0;
  for (ItemRow row = 0; row < items; ++row) pairs += knowledge->covisitation().of(row).rows.size();
  ItemRow next = 0;
  for (auto _ : state) {
    Delta leave;
    for (std::size_t k = 0; k < count; ++k) leave.evicted.push_back(next++);
    ignore_error(knowledge->apply(leave), "a finite delta without an image cannot fail");
  }
  state.counters["pairs_per_item"] = static_cast<double>(pairs) / static_cast<double>(items);
  state.counters["per_item"] =
      benchmark::Counter(static_cast<double>(count), benchmark::Counter::kIsIterationInvariantRate |
                                                         benchmark::Counter::kInvert);
}

BENCHMARK(evict)
    ->ArgNames({"items", "leave"})
    ->Args({50'000, 50'000 / 16})
    ->Args({50'000, 1})
    ->Args({200'000, 200'000 / 16})
    ->Args({200'000, 1})
    ->Iterations(4)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace freshet

BENCHMARK_MAIN();
