// What the search for expired histories costs the task of a partition: the time of each slice of a
// walk over all users, before any has expired, while a part of them does, neighbours in key order,
// and in the walks after that, which meet the deleted rows. An erasure is a commit, as in the task.
//
//   build/release/bench/expiry_bench --users 1000000 --expired 0.5

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "bench/timing.h"
#include "state/expiry.h"
#include "state/rocksdb_store.h"
#include "state/user_state_codec.h"

namespace freshet {
namespace {

using namespace std::chrono_literals;

struct Options {
  int users = 1'000'000;
  double expired = 0.5;
  std::string directory = "/tmp/freshet-expiry-bench";
};

constexpr std::chrono::seconds kAge = 30 * 24h;
const EventTime kStart{1'700'000'000'000ms};

EventWatermark watermark_at(EventTime time) {
  EventWatermark watermark;
  for (const char* user : {"a", "b", "c"}) watermark.observe(user, time);
  return watermark;
}

/// About 700 bytes; the first users of the key order did something last at kStart, the others 10
/// days later.
void fill(RocksDbStore& store, const Options& options) {
  Commit commit{.next_offset = Offset{1}};
  for (int i = 0; i < options.users; ++i) {
    UserState state;
    state.newest_event_time = kStart + (i < options.users * options.expired ? 0h : 240h);
    for (std::uint64_t k = 0; k < 50; ++k)
      state.history.push_back({ItemId{k * 0x9e3779b97f4a7c15U + static_cast<std::uint64_t>(i)},
                               Action::kClick, false, false, state.newest_event_time - 1min * k});
    commit.states.emplace_back("user-" + std::to_string(10'000'000 + i), encode(state));
    if (commit.states.size() < 1'000 && i + 1 < options.users) continue;
    if (!store.commit(commit)) std::abort();
    commit.states.clear();
  }
}

/// Walks over all users, erases what it finds, and says how long the slices took.
void walk(const char* what, RocksDbStore& store, ExpirySearch& search, EventTime time) {
  static SteadyTime now{1h};
  const EventWatermark watermark = watermark_at(time);
  std::vector<double> seconds;
  std::size_t erased = 0;
  do {
    now += ExpirySearch::kPause;
    Commit commit{.next_offset = Offset{1}};
    const double begin = seconds_by(CLOCK_MONOTONIC);
    auto found = search.next(store, watermark, 1'000, now);
    if (!found) std::abort();
    commit.erased = std::move(*found);
    if (!commit.erased.empty() && !store.commit(commit)) std::abort();
    seconds.push_back(seconds_by(CLOCK_MONOTONIC) - begin);
    erased += commit.erased.size();
  } while (search.walking());
  std::sort(seconds.begin(), seconds.end());
  const auto ms = [&](double part) {
    return 1e3 * seconds[static_cast<std::size_t>(part * static_cast<double>(seconds.size() - 1))];
  };
  std::printf("%-28s %7zu slices  p50 %6.2f ms  p99 %6.2f ms  max %7.2f ms  %8zu erased\n", what,
              seconds.size(), ms(0.5), ms(0.99), ms(1), erased);
}

void run(const Options& options) {
  std::filesystem::remove_all(options.directory);
  const RocksDbResources resources{StateConfig{}};
  auto store = RocksDbStore::open(options.directory, resources);
  if (!store || !(*store)->recover()) std::abort();
  fill(**store, options);
  ExpirySearch search(kAge);
  walk("nobody has expired", **store, search, kStart + 24h);
  walk("many expire", **store, search, kStart + kAge + 24h);
  for (const int day : {3, 4, 5}) walk("after that", **store, search, kStart + kAge + 24h * day);
  std::filesystem::remove_all(options.directory);
}

}  // namespace
}  // namespace freshet

int main(int argc, char** argv) {
  freshet::Options options;
  CLI::App app{"Slices of the search for expired histories"};
  app.add_option("--users", options.users, "Users of the partition");
  app.add_option("--expired", options.expired, "Part of them that expires");
  app.add_option("--directory", options.directory, "Made, and removed at the end");
  CLI11_PARSE(app, argc, argv);
  freshet::run(options);
}
