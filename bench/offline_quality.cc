// Streams files of "session item" lines through the learner and prints how well each next item was
// foretold before it was learned: Recall@20 and MRR@20 against all items seen so far. Files before
// `--test-from` only teach. Never-seen targets count as misses in "all" and are left out of "old".
#include <fmt/core.h>

#include <absl/container/flat_hash_map.h>
#include <CLI/CLI.hpp>
#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filtering_stream.hpp>
#include <chrono>
#include <fstream>
#include <string>
#include <vector>

#include "ingest/event.h"
#include "scoring/learning/learner.h"

namespace {

/// Newest items that a history keeps.
constexpr std::size_t kHistoryMax = 20;
/// Examples handed to the learner at once.
constexpr std::size_t kChunk = 1'024;

class Stream {
 public:
  explicit Stream(const freshet::ScoringConfig& config) : learner_(config, nullptr) {}

  bool read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return false;
    boost::iostreams::filtering_istream in;
    if (path.ends_with(".gz")) in.push(boost::iostreams::gzip_decompressor());
    in.push(file);
    std::string session, item;
    while (in >> session >> item) add(session, item);
    flush();
    return true;
  }

  const freshet::LearnerFigures& figures() const { return learner_.figures(); }
  const freshet::Knowledge& knowledge() const { return learner_.knowledge(); }
  double seconds() const { return seconds_; }

 private:
  void add(const std::string& session, const std::string& item) {
    auto& history = histories_[session];
    freshet::TrainingExample example;
    example.offset = freshet::Offset{offset_++};
    example.user = session;
    example.history = history;
    example.item = freshet::item_id_of(item);
    example.item_name = item;
    example.session_start = history.empty();
    history.push_back({.item = example.item, .session_start = history.empty()});
    if (history.size() > kHistoryMax) history.erase(history.begin());
    chunk_.push_back(std::move(example));
    if (chunk_.size() == kChunk) flush();
  }

  void flush() {
    const auto start = std::chrono::steady_clock::now();
    learner_.learn(chunk_);
    ignored_deltas_ += learner_.take_delta() != nullptr ? 1 : 0;
    seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    chunk_.clear();
  }

  freshet::Learner learner_;
  absl::flat_hash_map<std::string, std::vector<freshet::HistoryEntry>> histories_;
  std::vector<freshet::TrainingExample> chunk_;
  std::int64_t offset_ = 0;
  std::size_t ignored_deltas_ = 0;
  double seconds_ = 0;
};

freshet::HitTotals less(freshet::HitTotals now, const freshet::HitTotals& before) {
  now.events -= before.events;
  now.hits_at_20 -= before.hits_at_20;
  now.reciprocal_ranks_at_20 -= before.reciprocal_ranks_at_20;
  return now;
}

void print_row(const std::string& name, const freshet::HitTotals& totals) {
  fmt::print("  {:<14} R@20 {:.4f}  MRR@20 {:.4f}  ({} events)\n", name, totals.recall_at_20(),
             totals.mrr_at_20(), totals.events);
}

void print_weights(const freshet::MixtureWeights& weights) {
  for (std::size_t bucket = 0; bucket < freshet::kLengthBuckets; ++bucket) {
    fmt::print("  weights[{}]", bucket);
    for (std::size_t m = 0; m < freshet::kSourceCount; ++m)
      fmt::print("  {} {:.3f}", freshet::to_string(static_cast<freshet::Source>(m)),
                 weights.of[bucket][m]);
    fmt::print("\n");
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Recall and MRR of the learner on files of `session item` lines");
  std::vector<std::string> files;
  freshet::ScoringConfig config;
  config.network.enabled = false;
  app.add_option("files", files, "Files in time order, plain or .gz")->required();
  app.add_option("--hidden", config.second_stage.hidden, "Hidden units of the second stage");
  app.add_flag("!--no-second-stage", config.second_stage.enabled, "Rank by the mixture alone");
  app.add_option("--reverse-weight", config.covisitation.reverse_weight, "Weight of reverse pairs");
  app.add_option("--second-stage-rate", config.second_stage.learning_rate, "Adam's rate");
  CLI11_PARSE(app, argc, argv);

  Stream stream(config);
  freshet::LearnerFigures before;
  double seconds_before = 0;
  for (const std::string& file : files) {
    if (!stream.read(file)) {
      fmt::print(stderr, "cannot read {}\n", file);
      return 1;
    }
    const freshet::LearnerFigures& now = stream.figures();
    const auto events = static_cast<double>(now.examples - before.examples);
    const double seconds = stream.seconds() - seconds_before;
    fmt::print("{}: {:.0f} events/s, {:.1f} us per event, candidates hold {:.3f} of the targets\n",
               file, events / seconds, 1e6 * seconds / events, now.candidate_share);
    print_row("second stage", less(now.final_ranks, before.final_ranks));
    print_row("mixture", less(now.mixture_ranks, before.mixture_ranks));
    before = now;
    seconds_before = stream.seconds();
  }
  print_weights(stream.knowledge().mixture());
  return 0;
}
