// Exact top-100 over int8 codes beside Faiss' IndexFlatIP, LibTorch's product + topk and our
// float32 scan: the same table and queries, by turns, on one core. Prints users per second of each,
// ratios, the share of the processor's int8 multiply-adds that is reached, and recall against
// float32. Rates are medians of the rounds by CPU time of the thread, the only one that works;
// --wall takes the clock.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <functional>
#include <random>

#include "bench/timing.h"
#include "bench/top_k_data.h"
#include "bench/top_k_peers.h"
#include "scoring/network/torch_scan.h"
#include "scoring/topk/code_search.h"
#include "scoring/topk/top_k_index.h"

namespace freshet {
namespace {

struct Options {
  int core = -1;
  int rounds = 5;
  double round_ms = 100;
  bool wall = false, cuda = false;
  std::size_t k = 100;
  std::vector<std::size_t> rows{100'000}, batches{1, 16, 32, 64, 256};
  std::size_t dim = 64, queries = 256;
  std::vector<std::string> data{"gauss", "spread"}, sessions, peers{"faiss", "torch", "fp32"};
  std::string kernels;
  bool refresh = false;
};

#if defined(__x86_64__)
/// Multiply-adds of bytes per second, from registers alone: 24 independent chains.
[[gnu::target("avx512f,avx512vnni")]] double peak_rate(clockid_t clock) {
  if (!__builtin_cpu_supports("avx512vnni")) return 0;
  constexpr std::size_t kCount = 400'000;
  const double start = seconds_by(clock);
  for (std::size_t i = 0; i < kCount; ++i) {
#define FRESHET_SIX(A, B, C, D, E, F)                                               \
  "vpdpbusd %%zmm30, %%zmm31, %%zmm" #A "\n vpdpbusd %%zmm30, %%zmm31, %%zmm" #B    \
  "\n vpdpbusd %%zmm30, %%zmm31, %%zmm" #C "\n vpdpbusd %%zmm30, %%zmm31, %%zmm" #D \
  "\n vpdpbusd %%zmm30, %%zmm31, %%zmm" #E "\n vpdpbusd %%zmm30, %%zmm31, %%zmm" #F "\n"
    asm volatile(FRESHET_SIX(0, 1, 2, 3, 4, 5) FRESHET_SIX(6, 7, 8, 9, 10, 11)
                     FRESHET_SIX(12, 13, 14, 15, 16, 17) FRESHET_SIX(18, 19, 20, 21, 22, 23)::
                         : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",
                           "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "xmm16",
                           "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23");
  }
  return 24.0 * 64 * kCount / (seconds_by(clock) - start);
}
#else
double peak_rate(clockid_t) { return 0; }
#endif

/// One way to search, and its rate in each round.
struct Way {
  std::string name;
  std::function<void(std::size_t from, std::size_t count)> search;
  std::vector<double> rates;
};

class Case {
 public:
  Case(const Options& options, const TopKData& data)
      : options_(options), input_(data), index_({kernels(options), 1}) {
    index_.follow(data.table());
    for (const ScanKernels& known : supported_scan_kernels()) {
      if (!wanted(known.name)) continue;
      others_.emplace_back(known.name, TopKIndex({&known, 1}));
      others_.back().second.follow(data.table());
    }
    faiss_ = wanted("faiss") ? faiss_peer(data) : nullptr;
    torch_ = wanted("torch") ? torch_peer(data, options.cuda) : nullptr;
    if (!wanted("device")) return;
    device_ = make_torch_scan({.cuda = options.cuda, .coarse = options.cuda});
    if (const Status followed = device_->follow(data.table()); !followed)
      throw std::runtime_error(followed.error().text);
  }

  void run() {
    const std::size_t count = input_.queries.size() / input_.dim;
    const auto proven = recall(search(0, count, Margin::kProven));
    const auto statistical = recall(search(0, count, Margin::kStatistical));
    if (device_) std::printf("recall by the device %.5f\n", recall(by_device(0, count)));
    print_log_sum_error();
    for (const std::size_t batch : options_.batches) run(batch, proven, statistical);
    if (options_.refresh) time_refresh();
  }

 private:
  static const ScanKernels* kernels(const Options& options) {
    for (const ScanKernels& known : supported_scan_kernels())
      if (known.name == options.kernels) return &known;
    return &supported_scan_kernels().back();
  }
  bool wanted(const std::string& peer) const {
    return std::count(options_.peers.begin(), options_.peers.end(), peer) > 0;
  }
  clockid_t clock() const { return options_.wall ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID; }
  std::span<const float> queries(std::size_t from, std::size_t count) const {
    return std::span(input_.queries).subspan(from * input_.dim, count * input_.dim);
  }
  std::vector<std::vector<ScoredRow>> search(std::size_t from, std::size_t count, Margin margin,
                                             std::vector<float>* sums = nullptr) const {
    return search(index_, from, count, margin, sums);
  }
  std::vector<std::vector<ScoredRow>> search(const TopKIndex& index, std::size_t from,
                                             std::size_t count, Margin margin,
                                             std::vector<float>* sums = nullptr) const {
    return index.search(input_.table(),
                        {.queries = queries(from, count), .k = options_.k, .margin = margin}, sums);
  }

  std::vector<std::vector<ScoredRow>> by_device(std::size_t from, std::size_t count) const {
    auto found = device_->search(queries(from, count), options_.k, {});
    if (!found) throw std::runtime_error(found.error().text);
    return std::move(found->best);
  }

  /// Share of the best k found; rows within 1e-5 of the k-th score count as equal.
  double recall(const std::vector<std::vector<ScoredRow>>& found) {
    if (exact_.empty()) exact_ = top_k(input_.table(), input_.queries, options_.k, {}, nullptr);
    const auto& exact = exact_;
    double hits = 0, all = 0;
    for (std::size_t i = 0; i < exact.size(); ++i) {
      const float least = exact[i].back().score;
      for (const ScoredRow& entry : found[i])
        hits += entry.score >= least - 1e-5F * std::abs(least) ? 1 : 0;
      all += static_cast<double>(exact[i].size());
    }
    return hits / all;
  }

  /// How far the estimated log of the softmax's denominator lies from the exact one.
  void print_log_sum_error() {
    const std::size_t count = input_.queries.size() / input_.dim;
    std::vector<float> sums, exact;
    top_k(input_.table(), queries(0, count), options_.k, {}, &exact);
    search(0, count, Margin::kProven, &sums);
    double square = 0, most = 0, mean = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const double off = sums[i] - exact[i];
      square += off * off / static_cast<double>(count);
      mean += off / static_cast<double>(count);
      most = std::max(most, std::abs(off));
    }
    std::printf(
        "| %s | %zu | %zu | log sum off by %.4f in the mean, %.4f root mean square, %.4f at most "
        "|\n",
        input_.name.c_str(), input_.rows, input_.dim, mean, std::sqrt(square), most);
  }

  std::vector<Way> ways() {
    std::vector<Way> all;
    all.push_back({"proven", [this](auto from, auto n) { search(from, n, Margin::kProven); }, {}});
    all.push_back(
        {"statistical", [this](auto from, auto n) { search(from, n, Margin::kStatistical); }, {}});
    all.push_back({"with log sum",
                   [this](auto from, auto n) {
                     std::vector<float> sums;
                     search(from, n, Margin::kProven, &sums);
                   },
                   {}});
    for (const auto& [name, index] : others_)
      all.push_back(
          {name,
           [this, &other = index](auto from, auto n) { search(other, from, n, Margin::kProven); },
           {}});
    if (wanted("fp32"))
      all.push_back({"fp32",
                     [this](auto from, auto n) {
                       top_k(input_.table(), queries(from, n), options_.k, {}, nullptr);
                     },
                     {}});
    if (faiss_)
      all.push_back(
          {"faiss", [this](auto from, auto n) { faiss_->search(from, n, options_.k); }, {}});
    if (device_) all.push_back({"device", [this](auto from, auto n) { by_device(from, n); }, {}});
    if (torch_)
      all.push_back(
          {"torch", [this](auto from, auto n) { torch_->search(from, n, options_.k); }, {}});
    return all;
  }

  double rate(const Way& way, std::size_t batch, std::size_t calls) {
    const std::size_t count = input_.queries.size() / input_.dim;
    const double start = seconds_by(clock());
    for (std::size_t call = 0; call < calls; ++call)
      way.search(call * batch % (count - batch + 1), batch);
    return static_cast<double>(calls * batch) / (seconds_by(clock()) - start);
  }

  void run(std::size_t batch, double proven, double statistical) {
    std::vector<Way> all = ways();
    std::vector<std::size_t> calls;
    for (const Way& way : all) {
      const double first = rate(way, batch, 1);
      const double fit = first / static_cast<double>(batch) * options_.round_ms / 1000;
      calls.push_back(std::max<std::size_t>(1, static_cast<std::size_t>(fit)));
    }
    std::vector<double> peaks;
    for (int round = 0; round < options_.rounds; ++round) {
      peaks.push_back(peak_rate(clock()));
      for (std::size_t i = 0; i < all.size(); ++i)
        all[i].rates.push_back(rate(all[i], batch, calls[i]));
    }
    std::printf("| %s | %zu | %zu | %zu |", input_.name.c_str(), input_.rows, input_.dim, batch);
    for (const Way& way : all) {
      std::vector<double> ratios;
      for (std::size_t r = 0; r < way.rates.size(); ++r)
        ratios.push_back(all[0].rates[r] / way.rates[r]);
      std::printf(" %s %.0f (%.2f)", way.name.c_str(), median(way.rates), median(ratios));
    }
    const double work = static_cast<double>(input_.rows * input_.dim);
    std::vector<double> share;
    for (std::size_t r = 0; r < peaks.size(); ++r)
      share.push_back(all[0].rates[r] * work / peaks[r]);
    std::printf(" | %.0f %% of %.0f G/s | %.5f %.5f |\n", 100 * median(share), 1e-9 * median(peaks),
                proven, statistical);
    std::fflush(stdout);
  }

  void time_refresh();

  const Options& options_;
  const TopKData& input_;
  TopKIndex index_;
  std::vector<std::pair<std::string, TopKIndex>> others_;  // By other instruction sets.
  std::unique_ptr<TopKPeer> faiss_, torch_;
  std::unique_ptr<DeviceScan> device_;
  std::vector<std::vector<ScoredRow>> exact_;
};

/// Rows that change at random, and the table from nothing.
void Case::time_refresh() {
  TopKData changing = input_;
  std::mt19937 random(1);
  TopKIndex index({kernels(options_), 1});
  const double start = seconds_by(clock());
  index.follow(changing.table());
  const double built = seconds_by(clock());
  double spent = 0;
  constexpr int kRounds = 50;
  constexpr std::size_t kChanges = 1000;
  for (int round = 0; round < kRounds; ++round) {
    changing.stamps.advance();
    for (std::size_t i = 0; i < kChanges; ++i) {
      const std::size_t row = random() % changing.rows;
      for (std::size_t d = 0; d < changing.dim; ++d)
        changing.vectors[row * changing.dim + d] *=
            0.97F + 0.06F * static_cast<float>(random() % 1000) / 1000;
      changing.stamps.mark(row);
    }
    const double before = seconds_by(clock());
    index.follow(changing.table());
    spent += seconds_by(clock()) - before;
  }
  std::printf("| %s | %zu | %zu | built in %.0f ms | a changed row %.0f ns |\n",
              input_.name.c_str(), input_.rows, input_.dim, 1e3 * (built - start),
              1e9 * spent / (kRounds * static_cast<double>(kChanges)));
}

TopKData make(const Options& options, const std::string& name, std::size_t rows) {
  if (name == "gauss") return gauss_data(rows, options.dim, options.queries);
  if (name == "spread") return spread_data(rows, options.dim, options.queries);
  return trained_data(options.sessions, options.dim, options.queries);
}

int run(const Options& options) {
  pin_to(options.core);
  for (const std::string& name : options.data) {
    for (const std::size_t rows : options.rows) {
      const TopKData data = make(options, name, rows);
      if (data.rows == 0)
        return std::fprintf(stderr, "top_k_bench: no sessions could be read\n"), 1;
      Case(options, data).run();
      if (name == "trained") break;
    }
  }
  return 0;
}

}  // namespace
}  // namespace freshet

int main(int argc, char** argv) {
  freshet::Options options;
  CLI::App app("Exact top-k beside its peers.");
  app.add_option("--core", options.core, "Core to stay on");
  app.add_option("--rounds", options.rounds, "Rounds of each case");
  app.add_option("--round-ms", options.round_ms, "Least length of a round of one peer");
  app.add_flag("--wall", options.wall, "Measure by the clock, not by CPU time");
  app.add_option("--k", options.k);
  app.add_option("--rows", options.rows, "Sizes of the tables")->delimiter(',');
  app.add_option("--dim", options.dim);
  app.add_option("--users", options.batches, "Users per call")->delimiter(',');
  app.add_option("--data", options.data, "gauss, spread, trained")->delimiter(',');
  app.add_option("--sessions", options.sessions,
                 "Files of `session item` lines, for --data trained");
  app.add_option("--peers", options.peers,
                 "faiss, torch, fp32, device (our scan by LibTorch), or our own scan by another "
                 "instruction set: avx512vnni, …")
      ->delimiter(',');
  app.add_flag("--cuda", options.cuda, "torch and device on the first GPU; with --wall");
  app.add_option("--kernels", options.kernels, "Instruction set; the best by default");
  app.add_flag("--refresh", options.refresh, "Time building and changed rows, too");
  CLI11_PARSE(app, argc, argv);
  for (const std::size_t batch : options.batches)
    options.queries = std::max(options.queries, batch);
  return freshet::run(options);
}
