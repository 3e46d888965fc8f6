#pragma once

#include <cstdint>
#include <optional>

#include "config/time.h"
#include "ingest/record_source.h"

namespace freshet {

/// Whether a partition that was taken over still replays what it missed: from a start that is
/// further behind than a bound until it no longer is. Load later on is no catching up. Offsets
/// that Kafka does not deliver (transaction markers, aborted records) may stand at the end of the
/// log: where nothing has come for kStandstill, nothing is missing. Confined to one thread.
class CatchUp {
 public:
  static constexpr std::chrono::seconds kStandstill{30};

  /// `lag_records`: more unread records than this are a backlog.
  explicit CatchUp(std::uint64_t lag_records) : lag_records_(lag_records) {}

  /// Tells where the partition stands in its log; the first call is the start.
  void advance(Offset next, Watermarks log, SteadyTime now);

  bool active() const { return active_; }
  /// Records that are still to be read; 0 where nothing is missing.
  std::uint64_t lag() const { return lag_; }
  /// Part of the backlog that is done, 0 to 1; 1 when there is none.
  double ratio() const { return ratio_; }

 private:
  std::uint64_t lag_records_;
  std::optional<Offset> begin_;
  Offset next_{-1};
  SteadyTime moved_time_{};  // When next_ last grew.
  std::uint64_t lag_ = 0;
  bool active_ = false;
  double ratio_ = 1;
};

}  // namespace freshet
