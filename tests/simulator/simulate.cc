// Runs schedules of the simulator: many seeds, one seed with its trace, or every mutation.

#include <fmt/format.h>
#include <prometheus/registry.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>

#include "tests/simulator/simulation.h"

namespace freshet::sim {
namespace {

/// The schedule that runs, for a signal handler.
char running_schedule[96] = "";

extern "C" void name_schedule_and_die(int) {
  for (const char* c = running_schedule; *c != '\0'; ++c) {
    if (::write(STDERR_FILENO, c, 1) < 0) break;
  }
  std::signal(SIGABRT, SIG_DFL);
  std::abort();
}

std::string command(std::uint64_t seed, Mutation mutation) {
  return fmt::format(
      "simulate --seed {} --trace{}", seed,
      mutation == Mutation::kNone ? "" : fmt::format(" --mutation {}", to_string(mutation)));
}

/// Runs schedules with the metrics that the real code wants.
class Runner {
 public:
  Outcome run(std::uint64_t seed, Mutation mutation, bool tracing) {
    const auto done = fmt::format_to_n(running_schedule, sizeof running_schedule - 1,
                                       "replay: {}\n", command(seed, mutation));
    *done.out = '\0';
    return run_schedule(seed, mutation, tracing, figures_);
  }

 private:
  const SystemClock clock_;
  prometheus::Registry registry_;
  const TitleBook titles_{1};
  PipelineFigures figures_{registry_, clock_, titles_};
};

void print_failure(Runner& runner, std::uint64_t seed, Mutation mutation) {
  for (const std::string& line : runner.run(seed, mutation, true).trace) fmt::print("{}\n", line);
  fmt::print("seed {}; replay: {}\n", seed, command(seed, mutation));
}

int run_one(std::uint64_t seed, Mutation mutation) {
  Runner runner;
  const Outcome outcome = runner.run(seed, mutation, true);
  for (const std::string& line : outcome.trace) fmt::print("{}\n", line);
  fmt::print("seed {}: {}\n", seed, outcome.violation.value_or("every invariant holds"));
  return outcome.violation ? 1 : 0;
}

int run_many(std::uint64_t first, std::uint64_t count, Mutation mutation) {
  Runner runner;
  std::map<std::string, std::uint64_t> counts;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const Outcome outcome = runner.run(seed, mutation, false);
    for (const auto& [what, n] : outcome.counts) counts[what] += n;
    if (!outcome.violation) continue;
    print_failure(runner, seed, mutation);
    return 1;
  }
  fmt::print("{} schedules from seed {}: every invariant holds\n", count, first);
  for (const auto& [what, n] : counts) fmt::print("{:>10}  {}\n", n, what);
  return 0;
}

int catch_mutations(std::uint64_t first, std::uint64_t count) {
  Runner runner;
  bool all = true;
  for (int i = 1; i < kMutationCount; ++i) {
    const auto mutation = static_cast<Mutation>(i);
    std::optional<std::string> violation;
    std::uint64_t tried = 0;
    while (!violation && tried < count) {
      violation = runner.run(first + tried++, mutation, false).violation;
    }
    fmt::print("{:<32} {}\n", to_string(mutation),
               violation ? fmt::format("caught by schedule {}: {}", tried, *violation)
                         : fmt::format("NOT CAUGHT in {} schedules", tried));
    all &= violation.has_value();
  }
  return all ? 0 : 1;
}

int check_replay(std::uint64_t first, std::uint64_t count) {
  Runner runner;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const auto once = runner.run(seed, Mutation::kNone, true).trace;
    const auto again = runner.run(seed, Mutation::kNone, true).trace;
    if (once == again) continue;
    fmt::print("seed {} gave two different schedules\n", seed);
    return 1;
  }
  fmt::print("{} schedules give the same trace twice\n", count);
  return 0;
}

std::optional<Mutation> mutation_of(const std::string& name) {
  for (int i = 0; i < kMutationCount; ++i) {
    if (name == to_string(static_cast<Mutation>(i))) return static_cast<Mutation>(i);
  }
  return std::nullopt;
}

int main(int argc, char** argv) {
  CLI::App app("Deterministic simulator of the partition task: one seed is one schedule");
  std::uint64_t seed = 1;
  std::uint64_t schedules = 1;
  std::string mutation_name = "none";
  bool trace = false, mutations = false, twice = false;
  app.add_option("--seed", seed, "The schedule, or the first one");
  app.add_option("--schedules", schedules, "How many, from --seed on");
  app.add_flag("--trace", trace, "Print what happens in the schedule of --seed");
  app.add_option("--mutation", mutation_name, "Run a deliberately wrong variant");
  app.add_flag("--mutations", mutations, "Catch every mutation within --schedules schedules");
  app.add_flag("--twice", twice, "Check that every schedule gives the same trace twice");
  CLI11_PARSE(app, argc, argv);
  std::signal(SIGABRT, name_schedule_and_die);
  const auto mutation = mutation_of(mutation_name);
  if (!mutation) {
    fmt::print(stderr, "no mutation is called {}\n", mutation_name);
    return 2;
  }
  if (mutations) return catch_mutations(seed, schedules);
  if (twice) return check_replay(seed, schedules);
  return trace ? run_one(seed, *mutation) : run_many(seed, schedules, *mutation);
}

}  // namespace
}  // namespace freshet::sim

int main(int argc, char** argv) { return freshet::sim::main(argc, argv); }
