#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "config/time.h"
#include "ingest/record_source.h"

namespace freshet {

/// Says when an event of a replay is due, so that the log passes at N times real time by its event
/// times. Pauses of the log are kept, late events are due at once. Confined to one thread.
class ReplayPacer {
 public:
  /// `speed`: seconds of event time per second; 0 = as fast as possible.
  ReplayPacer(const Clock& clock, double speed) : clock_(clock), speed_(speed) {}

  /// Returns how long to wait from now; 0 = due. The first event starts the pacing.
  std::chrono::microseconds delay(EventTime event_time);

 private:
  const Clock& clock_;
  const double speed_;
  std::optional<EventTime> first_event_;
  SteadyTime first_shown_{};
};

/// Lets the records of another source through when they are due. Confined to one thread.
class PacedSource final : public RecordSource {
 public:
  /// Returns a record's event time; empty = no time (it is let through at once).
  using TimeOf = std::function<std::optional<EventTime>(const Record&)>;
  /// Waits that long, or less when the program stops. Injected, so that tests need no time.
  using Wait = std::function<void(std::chrono::microseconds)>;

  PacedSource(std::unique_ptr<RecordSource> source, ReplayPacer pacer, TimeOf time_of, Wait wait);

  Result<std::span<const Record>> poll(std::size_t max, std::chrono::milliseconds wait) override;
  Watermarks watermarks() const override { return source_->watermarks(); }
  bool exhausted() const override { return waiting_.empty() && source_->exhausted(); }

 private:
  std::size_t count_due(std::size_t max, std::chrono::milliseconds wait);

  std::unique_ptr<RecordSource> source_;
  ReplayPacer pacer_;
  TimeOf time_of_;
  Wait wait_;
  std::span<const Record> waiting_;  // Read from the source, not yet due.
};

}  // namespace freshet
