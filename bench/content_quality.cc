// What item content brings: streams users' sequences or shop receipts through the learner, items
// described by an item update each before the stream begins, and prints Recall@20 and MRR@20 of all
// events, of cold items (fewer than 5 events before) and of items never seen in an event. Every
// event is ranked before it is learned; nothing is filtered. The last third is printed on its own.
#include <fmt/core.h>

#include <absl/container/flat_hash_map.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filtering_stream.hpp>
#include <chrono>
#include <fstream>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "ingest/event.h"
#include "scoring/learning/learner.h"

namespace {

constexpr std::size_t kHistoryMax = 20;
constexpr std::size_t kChunk = 1'024;
/// Items with fewer events are cold.
constexpr std::uint32_t kColdEvents = 5;

using freshet::ItemUpdate;

/// One event in the order of the stream.
struct Step {
  std::string user;
  std::string session;
  std::string item;
};

void each_line(const std::string& path, const std::function<void(const std::string&)>& take) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  boost::iostreams::filtering_istream in;
  if (path.ends_with(".gz")) in.push(boost::iostreams::gzip_decompressor());
  in.push(file);
  for (std::string line; std::getline(in, line);) take(line);
}

std::vector<std::string> split(const std::string& line, const std::string& by) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0;;) {
    const std::size_t end = line.find(by, begin);
    parts.push_back(line.substr(begin, end - begin));
    if (end == std::string::npos) return parts;
    begin = end + by.size();
  }
}

ItemUpdate item_named(const std::string& name) {
  return {.id = freshet::item_id_of(name), .name = name};
}

/// Lines `item_id <tab> title <tab> A > B > C`, a heading first.
std::vector<ItemUpdate> read_items(const std::string& path) {
  std::vector<ItemUpdate> items;
  each_line(path, [&items](const std::string& line) {
    const auto cells = split(line, "\t");
    if (cells.size() < 3 || cells[0] == "item_id") return;
    ItemUpdate& item = items.emplace_back(item_named(cells[0]));
    item.title = cells[1];
    item.category = split(cells[2], " > ");
  });
  return items;
}

/// Complete Journey:
/// product_id,manufacturer_id,department,brand,product_category,product_type,size.
std::vector<ItemUpdate> read_products(const std::string& path) {
  std::vector<ItemUpdate> items;
  each_line(path, [&items](const std::string& line) {
    const auto cells = split(line, ",");
    if (cells.size() < 6 || cells[0] == "product_id") return;
    ItemUpdate& item = items.emplace_back(item_named(cells[0]));
    item.title = cells[5];
    item.category = {cells[2], cells[4]};
    item.brand = cells[1];
  });
  return items;
}

/// Lines `user item item …`: users side by side, each at the same part of its sequence.
std::vector<Step> read_sequences(const std::string& path) {
  std::vector<std::pair<double, Step>> placed;
  each_line(path, [&placed](const std::string& line) {
    const auto cells = split(line, " ");
    for (std::size_t k = 1; k < cells.size(); ++k)
      placed.push_back({static_cast<double>(k) / static_cast<double>(cells.size()),
                        {cells[0], cells[0], cells[k]}});
  });
  std::stable_sort(placed.begin(), placed.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Step> steps;
  for (auto& [place, step] : placed) steps.push_back(std::move(step));
  return steps;
}

/// Complete Journey's transactions, by time: a basket is a session.
std::vector<Step> read_transactions(const std::string& path) {
  std::vector<std::pair<std::string, Step>> timed;
  each_line(path, [&timed](const std::string& line) {
    const auto cells = split(line, ",");
    if (cells.size() < 11 || cells[0] == "household_id") return;
    timed.push_back({cells[10], {cells[0], cells[2], cells[3]}});
  });
  std::stable_sort(timed.begin(), timed.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Step> steps;
  for (auto& [time, step] : timed) steps.push_back(std::move(step));
  return steps;
}

/// Ranks of the events judged since it was made.
struct Slices {
  freshet::HitTotals all;
  freshet::HitTotals mixture;
  freshet::HitTotals cold;
  freshet::HitTotals unseen;
};

class Stream {
 public:
  explicit Stream(const freshet::ScoringConfig& config) : learner_(config, nullptr) {}

  /// Returns the seconds it took.
  double describe(const std::vector<ItemUpdate>& items) {
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t k = 0; k < items.size(); k += kChunk)
      learner_.update_items(std::span(items).subspan(k, std::min(kChunk, items.size() - k)));
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

  void add(const Step& step) {
    User& user = users_[step.user];
    freshet::TrainingExample example;
    example.offset = freshet::Offset{offset_++};
    example.user = step.user;
    example.history = user.history;
    example.item = freshet::item_id_of(step.item);
    example.item_name = step.item;
    example.session_start = user.session != step.session;
    user.session = step.session;
    user.history.push_back({.item = example.item, .session_start = example.session_start});
    if (user.history.size() > kHistoryMax) user.history.erase(user.history.begin());
    chunk_.push_back(std::move(example));
    if (chunk_.size() == kChunk) flush();
  }

  /// Learns what waits; the events judged go to `slices`.
  void flush() {
    const auto start = std::chrono::steady_clock::now();
    learner_.learn(chunk_);
    learner_.take_delta();
    seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    for (std::size_t k = 0; k < chunk_.size(); ++k)
      judge(learner_.ranks()[k], item_events_[chunk_[k].item_name]++);
    chunk_.clear();
  }

  Slices slices;

  const freshet::Learner& learner() const { return learner_; }
  double seconds() const { return seconds_; }

 private:
  struct User {
    std::vector<freshet::HistoryEntry> history;
    std::string session;
  };

  void judge(const freshet::ExampleRanks& ranks, std::uint32_t events_before) {
    if (!ranks.ranked) return;
    slices.all.add(ranks.final);
    slices.mixture.add(ranks.by_mixture);
    if (events_before < kColdEvents) slices.cold.add(ranks.final);
    if (events_before == 0) slices.unseen.add(ranks.final);
  }

  freshet::Learner learner_;
  absl::flat_hash_map<std::string, User> users_;
  absl::flat_hash_map<std::string, std::uint32_t> item_events_;
  std::vector<freshet::TrainingExample> chunk_;
  std::int64_t offset_ = 0;
  double seconds_ = 0;
};

void print_row(const char* name, const freshet::HitTotals& part) {
  fmt::print("  {:<20} R@20 {:.4f}  MRR@20 {:.4f}  ({} events)\n", name, part.recall_at_20(),
             part.mrr_at_20(), part.events);
}

void print_slices(const char* name, const Slices& slices) {
  fmt::print("{}\n", name);
  print_row("all", slices.all);
  print_row("all, mixture", slices.mixture);
  print_row("cold items", slices.cold);
  print_row("never-seen items", slices.unseen);
}

void print_weights(const freshet::LearnerFigures& figures) {
  fmt::print("weights");
  for (std::size_t m = 0; m < freshet::kSourceCount; ++m)
    fmt::print("  {} {:.3f}", freshet::to_string(static_cast<freshet::Source>(m)),
               figures.mixture_weights[m]);
  fmt::print("\ncandidates hold {:.3f} of the targets\n", figures.candidate_share);
}

int run(const freshet::ScoringConfig& config, const std::vector<ItemUpdate>& items,
        const std::vector<Step>& steps) {
  Stream stream(config);
  const double seconds = stream.describe(items);
  fmt::print("{} item updates in {:.2f} s, {:.1f} us each; content holds {:.1f} MB\n", items.size(),
             seconds, 1e6 * seconds / static_cast<double>(std::max<std::size_t>(1, items.size())),
             static_cast<double>(stream.learner().knowledge().content().bytes()) / 1e6);
  for (std::size_t k = 0; k < steps.size(); ++k) {
    stream.add(steps[k]);
    if (k + 1 != steps.size() * 2 / 3) continue;
    stream.flush();
    print_slices("first two thirds", stream.slices);
    stream.slices = {};
  }
  stream.flush();
  print_slices("last third", stream.slices);
  fmt::print("{:.1f} us per event\n",
             1e6 * stream.seconds() / static_cast<double>(std::max<std::size_t>(1, steps.size())));
  print_weights(stream.learner().figures());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Recall and MRR of the learner with and without item content");
  std::string items_file, sequences_file, products_file, transactions_file;
  freshet::ScoringConfig config;
  config.network.enabled = false;
  app.add_option("--items", items_file, "TSV: item_id, title, category path");
  app.add_option("--sequences", sequences_file, "Lines `user item item ...`");
  app.add_option("--products", products_file, "Complete Journey's products");
  app.add_option("--transactions", transactions_file, "Complete Journey's transactions");
  app.add_flag("!--no-content", config.content.enabled, "Without content");
  app.add_flag("!--no-exploration", config.exploration.enabled, "Without exploration");
  app.add_option("--features-max", config.content.features_max, "Features kept per item");
  app.add_option("--neighbours-max", config.content.neighbours_max, "Neighbours kept per item");
  app.add_option("--postings-max", config.content.postings_max, "Items per inverted list");
  CLI11_PARSE(app, argc, argv);
  try {
    std::vector<ItemUpdate> items;
    if (!items_file.empty()) items = read_items(items_file);
    if (!products_file.empty()) items = read_products(products_file);
    return run(config, items,
               sequences_file.empty() ? read_transactions(transactions_file)
                                      : read_sequences(sequences_file));
  } catch (const std::exception& problem) {
    fmt::print(stderr, "{}\n", problem.what());
    return 1;
  }
}
