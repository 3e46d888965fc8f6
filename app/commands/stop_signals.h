#pragma once

#include <stop_token>
#include <thread>

namespace freshet {

/// Turns SIGINT and SIGTERM into a stop request. One at a time per process.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();

  std::stop_token token() const { return stop_.get_token(); }
  /// Requests the stop without a signal (the demo's time is up, a stage failed). Thread-safe.
  void request_stop() { stop_.request_stop(); }

 private:
  std::stop_source stop_;
  std::jthread waiter_;
};

}  // namespace freshet
