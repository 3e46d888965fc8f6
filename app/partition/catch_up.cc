#include "app/partition/catch_up.h"

#include <algorithm>

namespace freshet {

void CatchUp::advance(Offset next, Watermarks log, SteadyTime now) {
  if (next > next_) {
    next_ = next;
    moved_time_ = now;
  }
  const std::int64_t unread = std::max<std::int64_t>(0, log.high.value - next.value);
  lag_ = now - moved_time_ < kStandstill ? static_cast<std::uint64_t>(unread) : 0;
  active_ = lag_ > lag_records_ && (active_ || !begin_);
  if (!begin_) begin_ = next;
  const std::int64_t total = log.high.value - begin_->value;
  ratio_ =
      active_ ? static_cast<double>(next.value - begin_->value) / static_cast<double>(total) : 1;
}

}  // namespace freshet
