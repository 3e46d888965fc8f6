#pragma once

#include <chrono>

namespace freshet {

/// Time of an event as the record says it; UTC, milliseconds. Never read from a clock.
using EventTime = std::chrono::sys_time<std::chrono::milliseconds>;

/// Monotonic time for latencies and deadlines.
using SteadyTime = std::chrono::steady_clock::time_point;

/// A clock that runs on while the machine sleeps; Linux calls it CLOCK_BOOTTIME.
struct BootClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock>;
};

/// Time since the machine started, its sleep included: for what others measure meanwhile.
using BootTime = BootClock::time_point;

/// The only way to ask what time it is. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Wall clock, UTC.
  virtual EventTime now() const = 0;
  /// Monotonic clock.
  virtual SteadyTime steady_now() const = 0;
  /// Monotonic clock that counts the machine's sleep.
  virtual BootTime boot_now() const = 0;
};

/// The machine's clocks. Thread-safe.
class SystemClock final : public Clock {
 public:
  EventTime now() const override;
  SteadyTime steady_now() const override;
  BootTime boot_now() const override;
};

}  // namespace freshet
