#include "app/partition/lease.h"

namespace freshet {

void Lease::confirm(BootTime asked) {
  const BootClock::duration until = asked.time_since_epoch() + session_timeout_;
  BootClock::duration before = until_.load();
  while (before < until && !until_.compare_exchange_weak(before, until)) {
  }
}

}  // namespace freshet
