// Exact top-k beside LibTorch's matrix product + topk of the same shapes, all on one thread.
#include <ATen/ATen.h>
#include <benchmark/benchmark.h>

#include <random>

#include "scoring/network/torch_network.h"
#include "scoring/topk/top_k.h"

namespace freshet {
namespace {

/// Items [rows, dim], biases and queries [n, dim] of normal random values.
struct TopKInput {
  std::size_t n, rows, dim;
  std::vector<float> vectors, biases, queries;

  explicit TopKInput(const benchmark::State& state)
      : n(static_cast<std::size_t>(state.range(0))),
        rows(static_cast<std::size_t>(state.range(1))),
        dim(static_cast<std::size_t>(state.range(2))),
        vectors(rows * dim),
        biases(rows),
        queries(n * dim) {
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    for (auto* values : {&vectors, &biases, &queries}) {
      for (float& value : *values) value = normal(random);
    }
  }
};

constexpr std::size_t kWanted = 100;

void own_top_k(benchmark::State& state) {
  const TopKInput input(state);
  const ItemTableView table{input.vectors.data(), input.biases.data(), input.rows, input.dim};
  for (auto _ : state) {
    benchmark::DoNotOptimize(top_k(table, input.queries, kWanted, {}, nullptr));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void own_top_k_with_log_sum(benchmark::State& state) {
  const TopKInput input(state);
  const ItemTableView table{input.vectors.data(), input.biases.data(), input.rows, input.dim};
  std::vector<float> log_sums;
  for (auto _ : state) {
    benchmark::DoNotOptimize(top_k(table, input.queries, kWanted, {}, &log_sums));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void own_top_k_compressed(benchmark::State& state, TableFormat format) {
  const TopKInput input(state);
  CompressedRows rows(format, input.dim);
  rows.resize(input.rows);
  for (std::size_t row = 0; row < input.rows; ++row)
    rows.write(row, input.vectors.data() + row * input.dim);
  const ItemTableView table{nullptr, input.biases.data(), input.rows, input.dim, &rows};
  for (auto _ : state) {
    benchmark::DoNotOptimize(top_k(table, input.queries, kWanted, {}, nullptr));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void torch_top_k(benchmark::State& state) {
  TopKInput input(state);
  const auto size = [](std::size_t value) { return static_cast<std::int64_t>(value); };
  const at::Tensor items = at::from_blob(input.vectors.data(), {size(input.rows), size(input.dim)});
  const at::Tensor biases = at::from_blob(input.biases.data(), {size(input.rows)});
  const at::Tensor queries = at::from_blob(input.queries.data(), {size(input.n), size(input.dim)});
  for (auto _ : state) {
    benchmark::DoNotOptimize(at::addmm(biases, queries, items.t()).topk(kWanted));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void top_k_shapes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"users", "items", "dim"})->Unit(benchmark::kMicrosecond);
  for (const std::int64_t users : {1, 32, 64, 256}) {
    for (const std::int64_t items : {50'000, 200'000}) benchmark->Args({users, items, 64});
  }
}
BENCHMARK(own_top_k)->Apply(top_k_shapes);
BENCHMARK_CAPTURE(own_top_k_compressed, bf16, TableFormat::kBfloat16)->Apply(top_k_shapes);
BENCHMARK_CAPTURE(own_top_k_compressed, int8, TableFormat::kInt8)->Apply(top_k_shapes);
BENCHMARK(own_top_k_with_log_sum)->Apply(top_k_shapes);
BENCHMARK(torch_top_k)->Apply(top_k_shapes);

}  // namespace
}  // namespace freshet

int main(int argc, char** argv) {
  freshet::set_torch_threads(1);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
}
