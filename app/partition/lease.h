#pragma once

#include <atomic>
#include <chrono>

#include "config/time.h"

namespace freshet {

/// Until when the process may speak for the partitions that the group gave it.
///
/// The group gives a silent member's partitions away once the session timeout has passed since the
/// last request it had from that member. So an answered request proves ownership from the moment it
/// was sent, for that long and no longer, and by a clock that runs on while the machine sleeps: a
/// process that wakes up late finds its lease ended before it does anything else. Thread-safe.
class Lease {
 public:
  /// Begins without: nothing is confirmed. `clock` outlives the lease.
  Lease(const Clock& clock, std::chrono::milliseconds session_timeout)
      : clock_(clock), session_timeout_(session_timeout) {}

  /// The group answered a request that was sent at `asked`. Never shortens.
  void confirm(BootTime asked);

  /// Without a group nobody else can own anything.
  void hold_for_ever() { until_ = BootTime::max().time_since_epoch(); }

  bool valid() const { return clock_.boot_now().time_since_epoch() < until_.load(); }

 private:
  const Clock& clock_;
  const std::chrono::milliseconds session_timeout_;
  std::atomic<BootClock::duration> until_{BootClock::duration::min()};
};

}  // namespace freshet
