// Events folded into durable user state per second on one core, beside bare RocksDB that reads and
// writes the same keys and as many bytes (MultiGet of the batch's users, one WriteBatch), in the
// same run, interleaved round by round.
//
//   build/release/bench/fold_bench --users 200000 --events 600000 --batch 500

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <random>
#include <unordered_map>

#include "bench/timing.h"
#include "config/time.h"
#include "ingest/event_decoder.h"
#include "state/fold.h"
#include "state/rocksdb_store.h"
#include "state/user_state_codec.h"

namespace freshet {
namespace {

struct Options {
  std::size_t users = 200'000;
  std::size_t events = 600'000;
  std::size_t batch = 500;
  std::size_t rounds = 12;
  int core = 0;
  std::string directory = "/tmp/freshet-fold-bench";
};

/// One batch of the stream, as JSON and decoded, with what the fold wrote for it.
struct Work {
  std::vector<std::string> json;
  std::vector<Event> events;
};

std::string event_json(std::size_t user, std::size_t item, std::int64_t time_ms) {
  return R"({"event_id":"e)" + std::to_string(time_ms) + "-" + std::to_string(user) +
         R"(","type":"click","user_id":"user-)" + std::to_string(user) + R"(","item_id":"item-)" +
         std::to_string(item) + R"(","event_time":)" + std::to_string(time_ms) +
         R"(,"context":{"device":"phone","country":"DE","page":"home"}})";
}

std::vector<Work> make_stream(const Options& options) {
  constexpr std::int64_t kStartMs = 1'700'000'000'000;
  std::mt19937_64 random(1);
  EventDecoder decoder{IngestConfig{}};
  std::vector<Work> stream(options.events / options.batch);
  std::int64_t n = 0;
  for (Work& work : stream) {
    for (std::size_t i = 0; i < options.batch; ++i, ++n) {
      work.json.push_back(
          event_json(random() % options.users, random() % 50'000, kStartMs + n * 10));
      Record record{PartitionId{0}, Offset{n}, std::nullopt, {}, work.json.back()};
      work.events.push_back(std::move(**decoder.decode(record)));
    }
  }
  return stream;
}

/// The production path: load, decode states, fold, encode, commit with the outbox's rows.
class FoldPath {
 public:
  FoldPath(const Options& options, const StateConfig& config)
      : resources_(config), fold_(config), decoder_(IngestConfig{}) {
    auto store = RocksDbStore::open(options.directory + "/fold", resources_);
    if (!store) throw std::runtime_error(store.error().text);
    store_ = std::move(*store);
    if (auto recovery = store_->recover(); !recovery)
      throw std::runtime_error(recovery.error().text);
  }

  /// Folds the batch; with `from_json` decoding counts too. Returns bytes written per user state.
  const Commit& run(const Work& work, bool from_json) {
    if (from_json) decode(work);
    const std::vector<Event>& events = from_json ? decoded_ : work.events;
    users_.clear();
    index_.clear();
    slots_.clear();
    for (const Event& event : events) {
      const auto [it, is_new] = index_.try_emplace(event.user, users_.size());
      if (is_new) users_.push_back(event.user);
      slots_.push_back(it->second);
    }
    auto stored = store_->load(users_);
    std::vector<UserState> states(users_.size());
    for (std::size_t i = 0; i < states.size(); ++i) {
      if ((*stored)[i]) states[i] = std::move(*decode_user_state(*(*stored)[i]));
    }
    examples_.clear();
    for (std::size_t i = 0; i < events.size(); ++i) {
      fold_.apply(events[i], {PartitionId{0}, Offset{next_++}}, states[slots_[i]], examples_);
    }
    std::vector<UserId> settled;  // The lists of the batch before were acknowledged meanwhile.
    for (const OwedList& owed : commit_.owed)
      if (!index_.contains(owed.user)) settled.push_back(owed.user);
    commit_ = {};
    commit_.settled = std::move(settled);
    commit_.next_offset = Offset{next_};
    for (std::size_t i = 0; i < states.size(); ++i) {
      commit_.states.emplace_back(users_[i], encode(states[i]));
      commit_.owed.push_back({users_[i], Offset{next_}, states[i].newest_event_time});
    }
    if (const Status done = store_->commit(commit_); !done)
      throw std::runtime_error(done.error().text);
    return commit_;
  }

 private:
  void decode(const Work& work) {
    decoded_.clear();
    for (const std::string& json : work.json) {
      Record record{PartitionId{0}, Offset{0}, std::nullopt, {}, json};
      decoded_.push_back(std::move(**decoder_.decode(record)));
    }
  }

  RocksDbResources resources_;
  Fold fold_;
  EventDecoder decoder_;
  std::unique_ptr<RocksDbStore> store_;
  std::vector<Event> decoded_;
  std::vector<UserId> users_;
  std::unordered_map<UserId, std::size_t> index_;
  std::vector<std::size_t> slots_;
  std::vector<TrainingExample> examples_;
  Commit commit_;
  std::int64_t next_ = 0;
};

/// The peer: the same keys read, the same bytes written, nothing computed.
class BareRocksDb {
 public:
  BareRocksDb(const Options& options, const StateConfig& config) {
    rocksdb::Options db_options;
    db_options.create_if_missing = true;
    db_options.max_background_jobs = 2;
    db_options.write_buffer_size = 32u << 20;
    db_options.compression = rocksdb::kLZ4Compression;
    db_options.memtable_prefix_bloom_size_ratio = 0.02;  // As ours.
    db_options.memtable_whole_key_filtering = true;
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = rocksdb::NewLRUCache(config.block_cache_bytes);
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    db_options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    std::filesystem::create_directories(options.directory);
    rocksdb::DB* db = nullptr;
    const auto status = rocksdb::DB::Open(db_options, options.directory + "/bare", &db);
    if (!status.ok()) throw std::runtime_error(status.ToString());
    db_.reset(db);
  }

  void run(const Commit& commit) {
    const std::size_t n = commit.states.size();
    std::vector<rocksdb::Slice> keys;
    for (const auto& [user, state] : commit.states) keys.emplace_back(user);
    std::vector<rocksdb::PinnableSlice> values(n);
    std::vector<rocksdb::Status> statuses(n);
    db_->MultiGet({}, db_->DefaultColumnFamily(), n, keys.data(), values.data(), statuses.data());
    rocksdb::WriteBatch batch;
    for (const auto& [user, state] : commit.states) batch.Put(user, state);
    std::string owed_row;
    for (const OwedList& owed : commit.owed) owed_row += owed.user + "0123456789";
    for (const UserId& user : commit.settled) owed_row += user;
    batch.Put("outbox/" + std::to_string(commit.next_offset.value), owed_row);
    batch.Put("next_offset", "01234567");
    if (const auto status = db_->Write({}, &batch); !status.ok()) {
      throw std::runtime_error(status.ToString());
    }
  }

 private:
  std::unique_ptr<rocksdb::DB> db_;
};

void run(const Options& options) {
  pin_to(options.core);  // RocksDB's background threads inherit it: everything on one core.
  std::filesystem::remove_all(options.directory);
  std::printf("making %zu events of %zu users ...\n", options.events, options.users);
  const std::vector<Work> stream = make_stream(options);
  const StateConfig config;
  FoldPath ours(options, config);
  BareRocksDb bare(options, config);
  SystemClock clock;
  std::vector<double> fold_ratios, json_ratios, fold_rates, json_rates, bare_rates;
  double bytes = 0;
  std::size_t states = 0;
  const std::size_t per_round = stream.size() / options.rounds;
  for (std::size_t round = 0; round < options.rounds; ++round) {
    const bool from_json = round % 2 == 1;
    double ours_s = 0, bare_s = 0;
    for (std::size_t i = round * per_round; i < (round + 1) * per_round; ++i) {
      const SteadyTime begin = clock.steady_now();
      const Commit& commit = ours.run(stream[i], from_json);
      const SteadyTime middle = clock.steady_now();
      bare.run(commit);
      const SteadyTime end = clock.steady_now();
      ours_s += std::chrono::duration<double>(middle - begin).count();
      bare_s += std::chrono::duration<double>(end - middle).count();
      for (const auto& [user, state] : commit.states) bytes += static_cast<double>(state.size());
      states += commit.states.size();
    }
    const auto events = static_cast<double>(per_round * options.batch);
    (from_json ? json_rates : fold_rates).push_back(events / ours_s);
    (from_json ? json_ratios : fold_ratios).push_back(bare_s / ours_s);
    bare_rates.push_back(events / bare_s);
    std::printf("round %2zu  %s %8.0f events/s   bare RocksDB %8.0f   ratio %.2f\n", round + 1,
                from_json ? "decode + fold + commit" : "         fold + commit", events / ours_s,
                events / bare_s, bare_s / ours_s);
  }
  std::printf(
      "median: bare RocksDB %.0f events/s; fold + commit %.0f, %.0f %% of bare in the same "
      "round; decode + fold + commit %.0f, %.0f %%; %.0f bytes per state\n",
      median(bare_rates), median(fold_rates), 100 * median(fold_ratios), median(json_rates),
      100 * median(json_ratios), bytes / static_cast<double>(states));
  std::filesystem::remove_all(options.directory);
}

}  // namespace
}  // namespace freshet

int main(int argc, char** argv) {
  freshet::Options options;
  CLI::App app{"Fold + commit per core, beside bare RocksDB"};
  app.add_option("--users", options.users, "Distinct users")->capture_default_str();
  app.add_option("--events", options.events, "Events in all")->capture_default_str();
  app.add_option("--batch", options.batch, "Events per commit")->capture_default_str();
  app.add_option("--rounds", options.rounds, "Interleaved rounds")->capture_default_str();
  app.add_option("--core", options.core, "Core to pin to")->capture_default_str();
  app.add_option("--directory", options.directory, "Scratch directory")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    freshet::run(options);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "fold_bench: %s\n", e.what());
    return 1;
  }
  return 0;
}
