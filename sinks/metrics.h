#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "config/time.h"
#include "state/list_times.h"

namespace prometheus {
class Registry;
}

namespace freshet {

/// What sinks counts; names begin with freshet_sinks_. Thread-safe.
class SinksMetrics {
 public:
  /// Registers every family at once, so that each is there from the first scrape.
  /// `registry` must outlive this.
  explicit SinksMetrics(prometheus::Registry& registry);
  ~SinksMetrics();
  SinksMetrics(const SinksMetrics&) = delete;
  SinksMetrics& operator=(const SinksMetrics&) = delete;

  /// A list was acknowledged (lists_published_total) or given up (publish_failures_total).
  void list_answered(bool delivered);

  /// A dead letter was acknowledged (dead_letters_published_total) or given up.
  void dead_letter_answered(bool delivered);

  /// A list that an event caused is acknowledged: event in the log → now, as a whole and by stage.
  /// A stage whose end was not seen counts as part of the next one.
  void observe_event_to_list(const ListTimes& times, SteadyTime acknowledged);

  /// Event time of a list's newest event → published; for live streams.
  void observe_freshness(std::chrono::milliseconds freshness);

  /// Records were queued for the related topic.
  void related_written(std::size_t records);

  /// Lists and dead letters queued and not yet answered.
  void set_in_flight(std::size_t count);

  /// An HTTP request was answered. `route` is the route's pattern, never the address asked for.
  void http_answered(const std::string& route, unsigned status);

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace freshet
