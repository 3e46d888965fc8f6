#pragma once

#include <algorithm>
#include <chrono>

#include "config/time.h"

namespace freshet {

/// Allows so many things a second, and up to `burst` at once after a silence (a token bucket).
/// Confined to one thread.
class TokenBucket {
 public:
  /// Holds `tokens` as of `filled_time`.
  TokenBucket(double per_second, double burst, double tokens, SteadyTime filled_time = {})
      : per_second_(per_second), burst_(burst), tokens_(tokens), filled_time_(filled_time) {}

  /// Whether one more is allowed now.
  bool allows_one(SteadyTime now) {
    const std::chrono::duration<double> passed = now - filled_time_;
    tokens_ = std::min(burst_, tokens_ + passed.count() * per_second_);
    filled_time_ = now;
    return tokens_ >= 1;
  }

  /// So many were done.
  void take(double count) { tokens_ -= count; }

  /// When it was asked last.
  SteadyTime filled_time() const { return filled_time_; }

 private:
  double per_second_;
  double burst_;
  double tokens_;
  SteadyTime filled_time_;
};

}  // namespace freshet
