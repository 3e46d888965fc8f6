#include "ingest/replay_pacer.h"

#include <algorithm>

namespace freshet {

using std::chrono::microseconds;

microseconds ReplayPacer::delay(EventTime event_time) {
  if (speed_ <= 0) return microseconds{0};
  const SteadyTime now = clock_.steady_now();
  if (!first_event_) {
    first_event_ = event_time;
    first_shown_ = now;
  }
  const std::chrono::duration<double> log_time = event_time - *first_event_;
  const auto due =
      first_shown_ + std::chrono::duration_cast<SteadyTime::duration>(log_time / speed_);
  return std::max(microseconds{0}, std::chrono::ceil<microseconds>(due - now));
}

PacedSource::PacedSource(std::unique_ptr<RecordSource> source, ReplayPacer pacer, TimeOf time_of,
                         Wait wait)
    : source_(std::move(source)),
      pacer_(std::move(pacer)),
      time_of_(std::move(time_of)),
      wait_(std::move(wait)) {}

Result<std::span<const Record>> PacedSource::poll(std::size_t max, std::chrono::milliseconds wait) {
  if (waiting_.empty()) {
    const auto polled = source_->poll(max, wait);
    if (!polled) return polled;
    waiting_ = *polled;
  }
  const std::size_t count = count_due(max, wait);
  const auto due = waiting_.first(count);
  waiting_ = waiting_.subspan(count);
  return due;
}

std::size_t PacedSource::count_due(std::size_t max, std::chrono::milliseconds wait) {
  std::size_t count = 0;
  while (count < std::min(max, waiting_.size())) {
    const auto event_time = time_of_(waiting_[count]);
    const microseconds delay = event_time ? pacer_.delay(*event_time) : microseconds{0};
    if (delay > microseconds{0}) {
      if (count > 0) break;
      wait_(std::min<microseconds>(delay, wait));
      if (delay > wait) break;
    }
    ++count;
  }
  return count;
}

}  // namespace freshet
