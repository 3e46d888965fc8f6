// Streams files of "session item" lines, one file a period, through the learner and prints how well
// each next item was foretold before it was learned: Recall@20 and MRR@20 against all items seen so
// far. The first file only teaches. Two protocols stand side by side:
//   all  every event with a history; never-seen targets count as misses.
//   old  as ADER (RecSys 2020): only clicks on items seen before the period began, sessions with
//   fewer
//        than two of them dropped, every click but a session's first is foretold.
// With --table, replicas that keep the network's vectors in other formats follow the learner; the
// lists of each are judged on the same events ("all", every --every-th).
#include <fmt/core.h>

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <CLI/CLI.hpp>
#include <array>
#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filtering_stream.hpp>
#include <chrono>
#include <cmath>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "ingest/event.h"
#include "scoring/learning/learner.h"
#include "scoring/network/fused_network.h"
#include "scoring/replica.h"

namespace {

/// Newest items that a history keeps.
constexpr std::size_t kHistoryMax = 20;
/// Examples handed to the learner at once; with replicas, what they are behind.
constexpr std::size_t kChunk = 1'024;
constexpr std::size_t kChunkOfReplicas = 32;
constexpr std::size_t kListSize = 20;

/// Rankings judged: the second stage's, the mixture's, each expert's own.
constexpr std::size_t kRankings = 2 + freshet::kSourceCount;

std::string name_of(std::size_t ranking) {
  if (ranking == 0) return "second stage";
  if (ranking == 1) return "mixture";
  return std::string(freshet::to_string(static_cast<freshet::Source>(ranking - 2)));
}

/// Figures of one period under one protocol.
struct Totals {
  std::array<freshet::HitTotals, kRankings> of;
  std::uint64_t among = 0;  ///< Targets among the candidates.

  void add(const freshet::ExampleRanks& ranks) {
    of[0].add(ranks.final);
    of[1].add(ranks.by_mixture);
    for (std::size_t m = 0; m < freshet::kSourceCount; ++m) of[2 + m].add(ranks.by_source[m]);
    if (ranks.final != freshet::ExampleRanks::kMissing) ++among;
  }
  double candidate_share() const {
    return of[0].events > 0 ? static_cast<double>(among) / static_cast<double>(of[0].events) : 0;
  }
};

struct Period {
  std::string file;
  Totals all, old;
  std::size_t events = 0;
  double seconds = 0;
};

freshet::NetworkFactory network_of(const freshet::ScoringConfig& config) {
  if (!config.network.enabled) return nullptr;
  return [config] { return freshet::make_fused_network(config.network, config.learning.seed); };
}

/// A replica with its network's vectors in one format, and how good its lists are.
struct TableRow {
  std::string format;
  std::unique_ptr<freshet::Replica> replica;
  freshet::HitTotals hits;
  double gains = 0;

  TableRow(freshet::ScoringConfig config, const std::string& table) : format(table) {
    config.network.table = table;
    replica = std::make_unique<freshet::Replica>(config, network_of(config));
  }

  void judge(const std::vector<freshet::RankedItem>& list, freshet::ItemId target) {
    std::size_t rank = 0;
    while (rank < list.size() && list[rank].id != target) ++rank;
    hits.add(rank < list.size() ? rank : kListSize);
    if (rank < list.size()) gains += 1 / std::log2(2 + static_cast<double>(rank));
  }
};

class Stream {
 public:
  Stream(const freshet::ScoringConfig& config, const std::vector<std::string>& tables,
         std::size_t every)
      : learner_(config, network_of(config)),
        chunk_size_(tables.empty() ? kChunk : kChunkOfReplicas),
        every_(every) {
    for (const std::string& table : tables) tables_.emplace_back(config, table);
  }

  const std::vector<TableRow>& tables() const { return tables_; }

  bool read(const std::string& path, Period& period) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return false;
    boost::iostreams::filtering_istream in;
    if (path.ends_with(".gz")) in.push(boost::iostreams::gzip_decompressor());
    in.push(file);
    period_ = &period;
    started_.clear();
    std::string session, item;
    while (in >> session >> item) add(session, item);
    flush();
    old_items_.insert(new_items_.begin(), new_items_.end());
    new_items_.clear();
    return true;
  }

  const freshet::Knowledge& knowledge() const { return learner_.knowledge(); }

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
    // Foretold under "old": an old item that is not its session's first old one in the period.
    const bool old = old_items_.contains(example.item);
    is_old_.push_back(old && !started_.insert(session).second);
    new_items_.insert(example.item);
    chunk_.push_back(std::move(example));
    if (chunk_.size() == chunk_size_) flush();
  }

  /// Every chosen event of the chunk, by each replica, before it is learned.
  void judge_tables() {
    std::vector<freshet::RankRequest> requests;
    std::vector<freshet::ItemId> targets;
    for (const freshet::TrainingExample& example : chunk_) {
      if (example.history.empty() || ++histories_seen_ % every_ != 0) continue;
      freshet::RankRequest& request = requests.emplace_back();
      request.user = example.user;
      request.state.history = example.history;
      request.count = kListSize;
      targets.push_back(example.item);
    }
    for (TableRow& row : tables_) {
      const auto lists = row.replica->rank(requests);
      for (std::size_t k = 0; k < lists.size(); ++k) row.judge(lists[k].items, targets[k]);
    }
  }

  void judge() {
    const auto ranks = learner_.ranks();
    for (std::size_t k = 0; k < ranks.size(); ++k) {
      if (!ranks[k].ranked) continue;
      period_->all.add(ranks[k]);
      if (is_old_[k]) period_->old.add(ranks[k]);
    }
  }

  void flush() {
    judge_tables();
    const auto start = std::chrono::steady_clock::now();
    learner_.learn(chunk_);
    const auto delta = learner_.take_delta();
    period_->seconds +=
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    for (TableRow& row : tables_)
      if (delta) ignore_error(row.replica->apply(*delta), "the learner's own delta is sound");
    period_->events += chunk_.size();
    judge();
    chunk_.clear();
    is_old_.clear();
  }

  freshet::Learner learner_;
  absl::flat_hash_map<std::string, std::vector<freshet::HistoryEntry>> histories_;
  absl::flat_hash_set<freshet::ItemId> old_items_;  // Seen before the period began.
  absl::flat_hash_set<freshet::ItemId> new_items_;  // Seen in it.
  absl::flat_hash_set<std::string> started_;        // Sessions with an old item in the period.
  std::vector<freshet::TrainingExample> chunk_;
  std::vector<bool> is_old_;  // [chunk_] judged under "old".
  Period* period_ = nullptr;
  std::int64_t offset_ = 0;
  std::vector<TableRow> tables_;
  std::size_t chunk_size_;
  std::size_t every_;
  std::size_t histories_seen_ = 0;
};

void print_period(const Period& period) {
  fmt::print(
      "{}  old {:.4f} / {:.4f}  all {:.4f} / {:.4f}  candidates hold {:.3f} of old  "
      "{:.1f} us per event\n",
      period.file, period.old.of[0].recall_at_20(), period.old.of[0].mrr_at_20(),
      period.all.of[0].recall_at_20(), period.all.of[0].mrr_at_20(), period.old.candidate_share(),
      1e6 * period.seconds / static_cast<double>(period.events));
  std::fflush(stdout);
}

/// Means over the periods after the first, each period alike.
void print_means(const std::vector<Period>& periods) {
  const auto mean = [&periods](auto value) {
    double sum = 0;
    for (std::size_t k = 1; k < periods.size(); ++k) sum += value(periods[k]);
    return sum / static_cast<double>(periods.size() - 1);
  };
  fmt::print("mean of {} periods  R@20 old  MRR@20 old  R@20 all  MRR@20 all\n",
             periods.size() - 1);
  for (std::size_t r = 0; r < kRankings; ++r)
    fmt::print("  {:<16} {:.4f}    {:.4f}      {:.4f}    {:.4f}\n", name_of(r),
               mean([r](const Period& p) { return p.old.of[r].recall_at_20(); }),
               mean([r](const Period& p) { return p.old.of[r].mrr_at_20(); }),
               mean([r](const Period& p) { return p.all.of[r].recall_at_20(); }),
               mean([r](const Period& p) { return p.all.of[r].mrr_at_20(); }));
  std::size_t events = 0;
  double seconds = 0;
  for (const Period& period : periods) {
    events += period.events;
    seconds += period.seconds;
  }
  fmt::print("candidates hold {:.4f} of old targets; {:.0f} events/s, {:.1f} us per event\n",
             mean([](const Period& p) { return p.old.candidate_share(); }),
             static_cast<double>(events) / seconds, 1e6 * seconds / static_cast<double>(events));
}

void print_tables(const std::vector<TableRow>& tables, std::size_t dim) {
  for (const TableRow& row : tables) {
    const auto format = freshet::table_format(row.format);
    const std::size_t vector = format == freshet::TableFormat::kFloat32
                                   ? dim * sizeof(float)
                                   : freshet::CompressedRows(format, dim).row_bytes();
    fmt::print("table {}: R@20 {:.4f}  MRR@20 {:.4f}  NDCG@20 {:.4f}  of {} lists; {} bytes/item\n",
               row.format, row.hits.recall_at_20(), row.hits.mrr_at_20(),
               row.gains / static_cast<double>(std::max<std::uint64_t>(1, row.hits.events)),
               row.hits.events, vector + sizeof(float));
  }
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
  app.add_option("files", files,
                 "Files in time order, one a period, plain or .gz; the first only teaches")
      ->required();
  app.add_option("--hidden", config.second_stage.hidden, "Hidden units of the second stage");
  app.add_flag("!--no-second-stage", config.second_stage.enabled, "Rank by the mixture alone");
  app.add_option("--reverse-weight", config.covisitation.reverse_weight, "Weight of reverse pairs");
  app.add_option("--second-stage-rate", config.second_stage.learning_rate, "Adam's rate");
  app.add_option("--candidates", config.candidates_per_expert, "Candidates per expert");
  std::vector<std::string> tables;
  std::size_t every = 1;
  app.add_flag("--network", config.network.enabled, "With the attention network");
  app.add_option("--events-min", config.network.events_min, "Events before it takes an item");
  app.add_option("--items-max", config.catalogue.items_max, "Size of the catalogue");
  app.add_option("--table", tables, "Formats of replicas' vectors: fp32, bf16, int8")
      ->delimiter(',');
  app.add_option("--every", every, "Replicas rank every N-th event with a history only");
  CLI11_PARSE(app, argc, argv);

  Stream stream(config, tables, every);
  std::vector<Period> periods;
  for (const std::string& file : files) {
    periods.push_back({.file = file});
    if (!stream.read(file, periods.back())) {
      fmt::print(stderr, "cannot read {}\n", file);
      return 1;
    }
    print_period(periods.back());
  }
  if (periods.size() > 1) print_means(periods);
  print_tables(stream.tables(), config.network.dim);
  print_weights(stream.knowledge().mixture());
  return 0;
}
