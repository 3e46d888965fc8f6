// Training and queries of the fused network beside LibTorch's eager autograd: the same batches, in
// turns, on one core. Prints examples per second of both, the ratio (median of the rounds) and the
// share of the core's fused multiply-adds that the fused step reaches. Time is CPU time of the
// thread.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <random>

#include "bench/timing.h"
#include "scoring/network/fused_network.h"
#include "scoring/network/negative_sampler.h"
#include "scoring/network/torch_network.h"
#include "scoring/vector_lanes.h"

namespace freshet {
namespace {

struct Options {
  int core = -1;
  int rounds = 9;
  double round_ms = 60;
  std::size_t rows = 50'000, history = 20;
  std::vector<std::size_t> batches{1, 16, 32, 64, 256}, dims{64, 128}, negatives{256, 1024};
  bool fused_only = false;
};

/// Twelve chains of fused multiply-adds: as many as the core can start, whatever its latency.
template <int kWidth>
FRESHET_INLINE float multiply_adds(std::size_t count) {
  typename Lanes<kWidth>::Float sums[12];
#pragma GCC unroll 12
  for (int k = 0; k < 12; ++k) sums[k] = typename Lanes<kWidth>::Float{} + static_cast<float>(k);
  for (std::size_t i = 0; i < count; ++i) {
#pragma GCC unroll 12
    for (int k = 0; k < 12; ++k) sums[k] = sums[k] * 0.999F + 0.001F;
  }
  float total = 0;
#pragma GCC unroll 12
  for (int k = 0; k < 12; ++k) total += sums[k][0];
  return total;
}

#if defined(__x86_64__)
FRESHET_AVX512 float multiply_adds_512(std::size_t count) { return multiply_adds<16>(count); }
FRESHET_AVX2 float multiply_adds_256(std::size_t count) { return multiply_adds<8>(count); }

/// Floating-point operations per second of one core, counting a multiply-add as two.
double peak_flops() {
  constexpr std::size_t kCount = 200'000;
  const std::size_t sets = supported_instruction_sets();
  if (sets == 1) return 0;
  float sum = 0;
  const double seconds =
      seconds_of([&] { sum = sets == 3 ? multiply_adds_512(kCount) : multiply_adds_256(kCount); });
  if (sum == 0) std::puts("");  // Keeps the loop.
  return 2.0 * 12 * (sets == 3 ? 16 : 8) * kCount / seconds;
}
#else
double peak_flops() { return 0; }
#endif

struct Case {
  std::size_t batch, dim, negatives;
};

/// Floating-point operations of one example's step in products and attention: forward, and twice
/// as many backward.
double flops(const Options& options, const Case& c) {
  const double d = static_cast<double>(c.dim), heads = 2;
  const double dense = (2 * heads + 3) * d * d;
  const double attention = 2 * heads * static_cast<double>(options.history) * d;
  return 3 * 2 * (dense + attention + static_cast<double>(c.negatives) * d);
}

struct Step {
  std::vector<SequenceExample> examples;
  Negatives negatives;
  std::vector<Sequence> sequences;
};

/// Batches as a stream gives them: a share of the items makes most of the clicks.
std::vector<Step> make_steps(const Options& options, const Case& c, std::size_t count) {
  std::mt19937 random(1);
  const auto row = [&] {
    const double u = std::uniform_real_distribution<>(0, 1)(random);
    return static_cast<ItemRow>(u * u * u * static_cast<double>(options.rows));
  };
  NegativeSampler sampler({.seed = 1});
  for (std::size_t i = 0; i < options.rows; ++i) sampler.add_row(static_cast<ItemRow>(i));
  std::vector<Step> steps(count);
  for (Step& step : steps) {
    std::vector<ItemRow> targets;
    for (std::size_t b = 0; b < c.batch; ++b) {
      SequenceExample example{.target = row()};
      for (std::size_t t = 0; t < options.history; ++t) {
        example.sequence.steps.push_back({row(), static_cast<std::uint8_t>(random() % 6),
                                          static_cast<std::uint8_t>(random() % kGapBuckets)});
      }
      targets.push_back(example.target);
      step.sequences.push_back(example.sequence);
      step.examples.push_back(std::move(example));
    }
    step.negatives = sampler.sample(targets, c.negatives);
    sampler.add_targets(targets);
  }
  return steps;
}

/// One network and what it takes per step.
class Runner {
 public:
  explicit Runner(std::unique_ptr<Network> network) : network_(std::move(network)) {}

  void train(const std::vector<Step>& steps, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const Step& step = steps[next_++ % steps.size()];
      if (!network_->train(step.examples, step.negatives)) throw std::runtime_error("no step");
    }
  }

  void query(const std::vector<Step>& steps, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      if (!network_->queries(steps[next_++ % steps.size()].sequences)) {
        throw std::runtime_error("no queries");
      }
    }
  }

  /// Steps that take about `seconds`.
  std::size_t steps_in(double seconds, const std::vector<Step>& steps) {
    train(steps, 3);
    const double one = seconds_of([&] { train(steps, 4); }) / 4;
    return std::max<std::size_t>(1, static_cast<std::size_t>(seconds / one));
  }

 private:
  std::unique_ptr<Network> network_;
  std::size_t next_ = 0;
};

void run(const Options& options, const Case& c) {
  const NetworkConfig config{.dim = c.dim,
                             .heads = 2,
                             .history_max = options.history,
                             .negatives = c.negatives,
                             .device = "cpu"};
  auto fused_network = make_fused_network(config, 1);
  auto torch_network =
      options.fused_only ? make_fused_network(config, 1) : make_torch_network(config, 1);
  fused_network->grow(options.rows);
  torch_network->grow(options.rows);
  Runner fused(std::move(fused_network)), torch(std::move(torch_network));
  const auto steps = make_steps(options, c, std::clamp<std::size_t>(4096 / c.batch, 16, 512));
  const double round = options.round_ms / 1000;
  const std::size_t fused_steps = fused.steps_in(round, steps),
                    torch_steps = torch.steps_in(round, steps);
  std::vector<double> fused_rate, torch_rate, ratio, query_ratio, fused_query, share;
  const auto batch = static_cast<double>(c.batch);
  for (int i = 0; i < options.rounds; ++i) {
    const double peak = peak_flops();
    const auto rate = [&](Runner& runner, std::size_t count) {
      return batch * static_cast<double>(count) / seconds_of([&] { runner.train(steps, count); });
    };
    const auto query_rate = [&](Runner& runner, std::size_t count) {
      return batch * static_cast<double>(count) / seconds_of([&] { runner.query(steps, count); });
    };
    fused_rate.push_back(rate(fused, fused_steps));
    if (peak > 0) share.push_back(fused_rate.back() * flops(options, c) / peak);
    torch_rate.push_back(rate(torch, torch_steps));
    ratio.push_back(fused_rate.back() / torch_rate.back());
    if (options.fused_only) continue;
    fused_query.push_back(query_rate(fused, fused_steps));
    query_ratio.push_back(fused_query.back() / query_rate(torch, torch_steps));
  }
  std::printf("| %zu | %zu | %zu | %.0f | %.0f | %.1f× | %.0f %% | %.0f | %.1f× |\n", c.dim,
              c.negatives, c.batch, median(fused_rate), median(torch_rate), median(ratio),
              100 * median(share), median(fused_query), median(query_ratio));
  std::fflush(stdout);
}

}  // namespace
}  // namespace freshet

int main(int argc, char** argv) {
  freshet::Options options;
  CLI::App app("The fused network beside LibTorch, on one core");
  app.add_option("--core", options.core, "Core to run on; -1 = any");
  app.add_option("--rounds", options.rounds, "Rounds that the medians are of");
  app.add_option("--round-ms", options.round_ms, "Time of each network in a round");
  app.add_option("--rows", options.rows, "Items");
  app.add_option("--history", options.history, "Steps of a sequence");
  app.add_option("--batch", options.batches, "Batch sizes");
  app.add_option("--dim", options.dims, "Embedding sizes");
  app.add_option("--negatives", options.negatives, "Negatives per step");
  app.add_flag("--fused-only", options.fused_only, "For a profiler: no LibTorch");
  CLI11_PARSE(app, argc, argv);
  freshet::pin_to(options.core);
  freshet::set_torch_threads(1);
  std::printf("kernels %s, %zu items, history %zu, peak %.0f GFLOP/s\n\n",
              freshet::fused_kernels().name, options.rows, options.history,
              freshet::peak_flops() / 1e9);
  std::printf(
      "| d | negatives | batch | fused, examples/s | LibTorch | ratio | of FMA peak | "
      "fused queries/s | ratio |\n|---|---|---|---|---|---|---|---|---|\n");
  for (const std::size_t dim : options.dims) {
    for (const std::size_t negatives : options.negatives) {
      for (const std::size_t batch : options.batches)
        freshet::run(options, {batch, dim, negatives});
    }
  }
}
