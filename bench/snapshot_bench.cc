// What snapshots cost: rounds of load and commit while another thread takes snapshots, beside the
// same rounds in between; and how long a partition takes to start from one.
//
//   build/release/bench/snapshot_bench --users 200000 --directory /tmp/snapshot-bench

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <random>
#include <stdexcept>
#include <thread>

#include "config/durable_file.h"
#include "config/time.h"
#include "state/directory_snapshot_store.h"
#include "state/partition_restorer.h"
#include "state/take_snapshot.h"

namespace freshet {
namespace {

struct Options {
  std::size_t users = 200'000;
  std::size_t state_bytes = 512;
  std::size_t batch = 500;
  std::size_t snapshots = 8;
  std::size_t rounds_between = 400;
  std::string directory = "/tmp/freshet-snapshot-bench";
};

const TopicPartition kPartition{"events", 1, PartitionId{0}};

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().text);
  return std::move(*result);
}

void must(const Status& status) {
  if (!status) throw std::runtime_error(status.error().text);
}

double ms_since(SteadyTime begin, const Clock& clock) {
  return std::chrono::duration<double, std::milli>(clock.steady_now() - begin).count();
}

double quantile(std::vector<double>& values, double q) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1,
                         static_cast<std::size_t>(q * static_cast<double>(values.size())))];
}

/// The partition's writer: loads a batch of users and commits their states anew.
class Writer {
 public:
  Writer(RocksDbStore& store, const Options& options) : store_(store), options_(options) {}

  void run(std::size_t first_user, bool in_order) {
    std::vector<UserId> users;
    for (std::size_t i = 0; i < options_.batch; ++i) {
      users.push_back("user-" +
                      std::to_string(in_order ? first_user + i : random_() % options_.users));
    }
    must(store_.load(users));
    Commit commit;
    commit.next_offset = Offset{next_ += static_cast<std::int64_t>(options_.batch)};
    for (const UserId& user : users) commit.states.emplace_back(user, state());
    must(store_.commit(commit));
  }

 private:
  /// Half of it random: such bytes compress like those of a user's state.
  std::string state() {
    std::string bytes(options_.state_bytes, 's');
    for (std::size_t i = 0; i < bytes.size() / 2; ++i) bytes[i] = static_cast<char>(random_());
    return bytes;
  }

  RocksDbStore& store_;
  const Options& options_;
  std::mt19937_64 random_{1};
  std::int64_t next_ = 0;
};

void print(const char* when, std::vector<double>& rounds) {
  std::printf("%-22s %6zu rounds   p50 %.2f ms   p99 %.2f ms   p99.9 %.2f ms   longest %.1f ms\n",
              when, rounds.size(), quantile(rounds, 0.5), quantile(rounds, 0.99),
              quantile(rounds, 0.999), quantile(rounds, 1));
}

void measure_snapshots(const Options& options, RocksDbStore& store, SnapshotStore& snapshots) {
  const SystemClock clock;
  Writer writer(store, options);
  for (std::size_t user = 0; user < options.users; user += options.batch) writer.run(user, true);
  SnapshotWriter snapshot_writer(snapshots, kPartition);
  std::vector<double> quiet, busy;
  for (std::size_t n = 0; n < options.snapshots; ++n) {
    std::atomic<bool> done{false};
    TakenSnapshot taken;
    double snapshot_ms = 0;
    std::jthread snapshot([&] {
      const SteadyTime begin = clock.steady_now();
      taken =
          must(take_snapshot(store, snapshot_writer, options.directory + "/scratch", clock.now()))
              .value();
      snapshot_ms = ms_since(begin, clock);
      done = true;
    });
    while (!done) {
      const SteadyTime begin = clock.steady_now();
      writer.run(0, false);
      busy.push_back(ms_since(begin, clock));
    }
    snapshot.join();
    std::printf("snapshot %zu: %.1f of %.1f MB copied in %.0f ms\n", n,
                static_cast<double>(taken.cost.copied_bytes) / 1e6,
                static_cast<double>(taken.cost.size_bytes) / 1e6, snapshot_ms);
    for (std::size_t i = 0; i < options.rounds_between; ++i) {
      const SteadyTime begin = clock.steady_now();
      writer.run(0, false);
      quiet.push_back(ms_since(begin, clock));
    }
  }
  print("without a snapshot", quiet);
  print("while one is taken", busy);
}

void measure_start(const Options& options, const RocksDbResources& resources,
                   SnapshotStore& snapshots) {
  const SystemClock clock;
  StateConfig config;
  config.directory = options.directory + "/other";
  const LogView log{kPartition, {Offset{0}, Offset{1'000'000'000}}, [](Offset) {
                      return Result<std::optional<LogMark>>(std::nullopt);
                    }};
  for (const char* from : {"a snapshot", "the local database"}) {
    const SteadyTime begin = clock.steady_now();
    auto restored =
        must(PartitionRestorer(config, resources, &snapshots, GapPolicy::kFail).restore(log));
    must(restored.store->recover());
    std::printf("start from %s: %.0f ms\n", from, ms_since(begin, clock));
  }
}

void run(const Options& options) {
  must(remove_tree(options.directory));
  must(make_directories(options.directory));
  const RocksDbResources resources{StateConfig{}};
  const auto snapshots = must(DirectorySnapshotStore::open(options.directory + "/snapshots"));
  {
    const auto store = must(RocksDbStore::open(options.directory + "/partition-0", resources));
    must(store->recover());
    measure_snapshots(options, *store, *snapshots);
  }
  measure_start(options, resources, *snapshots);
  must(remove_tree(options.directory));
}

}  // namespace
}  // namespace freshet

int main(int argc, char** argv) {
  freshet::Options options;
  CLI::App app{"Cost of snapshots to the partition that is written to, and of a start from one"};
  app.add_option("--users", options.users, "Users of the partition")->capture_default_str();
  app.add_option("--state-bytes", options.state_bytes, "Bytes per state")->capture_default_str();
  app.add_option("--batch", options.batch, "Users per round")->capture_default_str();
  app.add_option("--snapshots", options.snapshots, "Snapshots taken")->capture_default_str();
  app.add_option("--directory", options.directory, "Made and removed")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  freshet::run(options);
}
