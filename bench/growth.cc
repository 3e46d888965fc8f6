// How the cost of an event and of a list grows with users, items, partitions, history and sessions,
// on the path of `freshet run`: the partition's task with RocksDB, the learning stage, the scoring
// stage, default configuration. One thread drives them in turn, so that each one's CPU time is
// known; RocksDB's own threads count as fold. Sizes of one quantity take turns, round by round;
// each figure is the median of its rounds. See growth.sh.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <vector>

#include "app/figures/process_memory.h"
#include "bench/timing.h"
#include "config/time.h"
#include "growth_world.h"

namespace freshet {
namespace {

struct Quantity {
  std::string name;
  std::vector<std::size_t> sizes;
  std::vector<std::size_t> brief_sizes;
  void (*set)(Shop&, std::size_t);
};

const std::vector<Quantity>& quantities() {
  static const std::vector<Quantity> all{
      {"users",
       {10'000, 100'000, 1'000'000, 10'000'000},
       {10'000, 100'000},
       [](Shop& shop, std::size_t size) { shop.users = size; }},
      {"items",
       {1'000, 10'000, 100'000, 1'000'000},
       {1'000, 10'000},
       [](Shop& shop, std::size_t size) {
         shop.items = size;
         shop.sessions = 10'000 + size / 20;
       }},
      {"ids",  // Items of which nothing but the id is known, content off.
       {1'000, 10'000, 100'000, 1'000'000, 10'000'000},
       {1'000, 10'000},
       [](Shop& shop, std::size_t size) {
         shop.items = size;
         shop.described = false;
         shop.sessions = 10'000 + std::min<std::size_t>(size, 1'000'000) / 20;
       }},
      {"partitions",
       {1, 4, 16, 64},
       {1, 8},
       [](Shop& shop, std::size_t size) { shop.partitions = size; }},
      {"history",
       {10, 25, 50, 100, 200},
       {10, 50},
       [](Shop& shop, std::size_t size) {
         shop.users = 20'000;
         shop.history = size;
       }},
      {"sessions",
       {3'000, 10'000, 30'000, 100'000, 200'000},
       {3'000, 10'000},
       [](Shop& shop, std::size_t size) { shop.sessions = size; }},
  };
  return all;
}

struct Options {
  std::string quantity;
  std::string csv;
  std::string directory = "/tmp/freshet-growth";
  std::size_t rounds = 5;
  std::size_t folded = 50'000;  // Events a round whose lists are not made.
  std::size_t served = 1'500;   // Events a round that go all the way.
  std::size_t size_max = 10'000'000;
  bool brief = false;
  int core = 0;
};

double median(std::vector<Costs>& rounds, double Costs::*of) {
  const auto middle = rounds.begin() + static_cast<std::ptrdiff_t>(rounds.size() / 2);
  std::nth_element(rounds.begin(), middle, rounds.end(),
                   [of](const Costs& a, const Costs& b) { return a.*of < b.*of; });
  return (*middle).*of;
}

/// A size with its world and what was measured of it.
struct Point {
  std::size_t size = 0;
  double memory_mib = 0;
  std::unique_ptr<World> world;
  std::vector<Costs> rounds;
};

Point make_point(const Quantity& quantity, std::size_t size, const Options& options) {
  Shop shop;
  quantity.set(shop, size);
  const std::uint64_t before = resident_bytes();
  const SystemClock clock;
  const SteadyTime begin = clock.steady_now();
  Point point{.size = size};
  point.world = make_world(shop, fmt::format("{}/{}-{}", options.directory, quantity.name, size));
  point.memory_mib = static_cast<double>(resident_bytes() - before) / (1 << 20);
  fmt::print(stderr, "{} {}: made in {:.1f} s, {:.0f} MiB\n", quantity.name, size,
             std::chrono::duration<double>(clock.steady_now() - begin).count(), point.memory_mib);
  return point;
}

void measure(const Quantity& quantity, const Options& options, std::FILE* csv) {
  std::vector<Point> points;
  for (const std::size_t size : options.brief ? quantity.brief_sizes : quantity.sizes)
    if (size <= options.size_max) points.push_back(make_point(quantity, size, options));
  for (std::size_t round = 0; round <= options.rounds; ++round) {
    for (Point& point : points) {
      const Costs costs = point.world->run_round(options.folded, options.served);
      if (round > 0) point.rounds.push_back(costs);  // The first one warms up.
      fmt::print(stderr, "round {}/{} {} {}: fold {:.1f} us, learn {:.1f} us, list {:.1f} us\n",
                 round, options.rounds, quantity.name, point.size, costs.fold_us, costs.learn_us,
                 costs.list_us);
    }
  }
  for (Point& point : points)
    fmt::print(csv, "{},{},{:.2f},{:.2f},{:.2f},{:.1f},{:.1f}\n", quantity.name, point.size,
               median(point.rounds, &Costs::fold_us), median(point.rounds, &Costs::learn_us),
               median(point.rounds, &Costs::list_us), point.memory_mib,
               static_cast<double>(point.world->disk_bytes()) / (1 << 20));
}

void run(const Options& options) {
  pin_to(options.core);  // RocksDB's threads inherit it.
  const auto quantity =
      std::find_if(quantities().begin(), quantities().end(),
                   [&](const Quantity& one) { return one.name == options.quantity; });
  std::filesystem::remove_all(options.directory);
  std::filesystem::create_directories(options.directory);
  const bool is_new = !std::filesystem::exists(options.csv);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> csv(std::fopen(options.csv.c_str(), "a"),
                                                            std::fclose);
  if (!csv) throw std::runtime_error("cannot write " + options.csv);
  if (is_new) fmt::print(csv.get(), "quantity,size,fold_us,learn_us,list_us,memory_mib,disk_mib\n");
  measure(*quantity, options, csv.get());
  std::filesystem::remove_all(options.directory);
}

}  // namespace
}  // namespace freshet

int main(int argc, char** argv) {
  freshet::Options options;
  std::vector<std::string> names;
  for (const auto& quantity : freshet::quantities()) names.push_back(quantity.name);
  CLI::App app{"Cost of an event and of a list as one quantity grows; growth.sh runs them all"};
  app.add_option("quantity", options.quantity, "What grows")
      ->required()
      ->check(CLI::IsMember(names));
  app.add_option("--csv", options.csv, "Rows are appended to it")->required();
  app.add_option("--rounds", options.rounds, "Interleaved rounds")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000));
  app.add_option("--folded", options.folded, "Events a round that are folded alone")
      ->capture_default_str();
  app.add_option("--served", options.served, "Events a round that are learned and served")
      ->capture_default_str();
  app.add_option("--size-max", options.size_max, "Larger sizes are left out")
      ->capture_default_str();
  app.add_flag("--brief", options.brief, "Small sizes alone");
  app.add_option("--core", options.core, "Core to pin to")->capture_default_str();
  app.add_option("--directory", options.directory, "Made and removed")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  spdlog::set_level(spdlog::level::err);
  try {
    freshet::run(options);
  } catch (const std::exception& e) {
    fmt::print(stderr, "growth: {}\n", e.what());
    return 1;
  }
  return 0;
}
