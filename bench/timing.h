#pragma once

#include <sched.h>

#include <algorithm>
#include <ctime>
#include <stdexcept>
#include <vector>

namespace freshet {

/// Seconds by one of the system's clocks (clock_gettime).
inline double seconds_by(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// CPU time that `work` takes of this thread, the only one that works: other programs on the core
/// do not count.
template <class Work>
double seconds_of(const Work& work) {
  const double start = seconds_by(CLOCK_THREAD_CPUTIME_ID);
  work();
  return seconds_by(CLOCK_THREAD_CPUTIME_ID) - start;
}

/// Keeps this thread, and those that it begins, on one core; below 0 = anywhere. Throws where there
/// is no such core.
inline void pin_to(int core) {
  if (core < 0) return;
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(static_cast<std::size_t>(core), &cores);
  if (sched_setaffinity(0, sizeof cores, &cores) != 0) throw std::runtime_error("no such core");
}

/// The upper one of two middles; 0 of nothing.
inline double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace freshet
