#pragma once

#include "config/time.h"

namespace freshet {

/// A clock that moves only when told. Confined to one thread.
class ManualClock final : public Clock {
 public:
  EventTime now() const override { return now_; }
  SteadyTime steady_now() const override { return steady_; }
  BootTime boot_now() const override { return BootTime(steady_.time_since_epoch()); }
  void advance(std::chrono::milliseconds by) {
    now_ += by;
    steady_ += by;
  }

 private:
  EventTime now_{std::chrono::milliseconds{1'750'000'000'000}};
  SteadyTime steady_{std::chrono::seconds{1'000}};
};

}  // namespace freshet
