#pragma once

#include "config/time.h"
#include "tests/simulator/world.h"

namespace freshet::sim {

/// One machine's clocks: the wall clock may jump, the steady clock stands still while the machine
/// sleeps. Confined to one thread.
class SimulatedClock final : public Clock {
 public:
  explicit SimulatedClock(const World& world) : world_(world) {}

  EventTime now() const override { return EventTime{kEpochStart} + world_.now() + wall_error_; }
  SteadyTime steady_now() const override {
    return SteadyTime{std::chrono::hours{1} + world_.now() - slept_};
  }

  BootTime boot_now() const override { return BootTime{std::chrono::hours{1} + world_.now()}; }

  void jump(WorldTime by) { wall_error_ += by; }
  void sleep(WorldTime duration) { slept_ += duration; }

  /// Wall time at the world's beginning.
  static constexpr std::chrono::milliseconds kEpochStart{1'750'000'000'000};

 private:
  const World& world_;
  WorldTime wall_error_{0};
  WorldTime slept_{0};
};

}  // namespace freshet::sim
