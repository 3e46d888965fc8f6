#pragma once

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "app/demo/random_stream.h"
#include "tests/simulator/faults.h"

namespace freshet::sim {

/// Time of the simulated world since its beginning.
using WorldTime = std::chrono::milliseconds;

/// The user whose records are poison.
inline constexpr const char* kPoisonUser = "poison";

/// How often each fault strikes, as a probability per chance to; 0 = never in this schedule.
struct FaultRates {
  double process_crash = 0;    ///< At every step of a port.
  double machine_crash = 0;    ///< Takes the end of what was not synced with it.
  double publish_trouble = 0;  ///< A list is lost, late, or appended without an answer.
  double group_message_lost = 0;
  double rebalance = 0;
  double suspension = 0;  ///< A process or its machine sleeps, often past its session.
  double clock_jump = 0;
  double poison = 0;           ///< A record kills every process that loads its user's state.
  double snapshot_damage = 0;  ///< One of the shared snapshots' objects is lost or cut.
  double forget = 0;           ///< A user asks to be forgotten.
  double clock_ahead = 0;      ///< An event's sender has a clock that is ahead.
  double truncation = 0;
  double recreation = 0;
  double full_disk = 0;          ///< A commit finds no room.
  double append_trouble = 0;     ///< A batch of the rekeying is lost, late, refused or unanswered.
  double group_offset_back = 0;  ///< The rekeying's group goes back to an older offset.
  double producer_unknown = 0;   ///< The brokers forget the rekeying's producers.
};

/// What all simulated parts share: one random stream, one time, one agenda, one trace. All that is
/// random in a schedule comes from here, so a seed is a schedule. Confined to one thread.
class World {
 public:
  World(std::uint64_t seed, Mutation variant, bool tracing)
      : random(seed), mutation(variant), tracing_(tracing) {}

  RandomStream random;
  const Mutation mutation;
  FaultRates rates;

  bool has(Mutation other) const { return mutation == other; }
  WorldTime now() const { return now_; }

  /// Does `action` once `delay` has passed; of one moment in the order in which they were asked.
  void later(WorldTime delay, std::function<void()> action) {
    agenda_.emplace(now_ + delay, std::move(action));
  }

  /// Lets `by` pass and does what falls due, each at its time.
  void advance(WorldTime by) {
    const WorldTime end = now_ + by;
    while (!agenda_.empty() && agenda_.begin()->first <= end) {
      auto due = agenda_.extract(agenda_.begin());
      now_ = due.key();
      due.mapped()();
    }
    now_ = end;
  }

  /// Between `min` and `max`, inclusive.
  WorldTime between(std::int64_t min, std::int64_t max) {
    return WorldTime(
        min + static_cast<std::int64_t>(random.below(static_cast<std::size_t>(max - min) + 1)));
  }

  /// Notes a line of the trace; formats nothing unless the schedule is traced.
  template <class... Args>
  void trace(fmt::format_string<Args...> format, Args&&... args) {
    if (!tracing_) return;
    trace_.push_back(fmt::format("{:>6} ms  {}", now_.count(),
                                 fmt::format(format, std::forward<Args>(args)...)));
  }
  const std::vector<std::string>& trace() const { return trace_; }

  /// A place where the process may die.
  void may_die(const char* where) {
    if (random.chance(rates.process_crash)) throw ProcessDied{where};
  }

  /// Counts what a schedule went through, so that a test can tell that a fault does happen.
  void count(const char* what) { ++counts_[what]; }
  const std::map<std::string, std::uint64_t>& counts() const { return counts_; }

  /// Ends the schedule unless `holds`.
  template <class... Args>
  void require(bool holds, fmt::format_string<Args...> format, Args&&... args) {
    if (!holds) throw Violation{fmt::format(format, std::forward<Args>(args)...)};
  }

 private:
  const bool tracing_;
  WorldTime now_{0};
  std::multimap<WorldTime, std::function<void()>> agenda_;
  std::vector<std::string> trace_;
  std::map<std::string, std::uint64_t> counts_;
};

}  // namespace freshet::sim
