#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "sinks/status_figures.h"

namespace prometheus {
class Gauge;
class Registry;
template <typename T>
class Family;
}  // namespace prometheus

namespace freshet {

/// The figures of the process (table in ARCHITECTURE.md). Thread-safe; the registry outlives it.
class ProcessMetrics {
 public:
  explicit ProcessMetrics(prometheus::Registry& registry);

  void set(std::uint64_t resident_bytes, std::chrono::milliseconds uptime,
           const std::vector<NamedFigure>& queue_fills);

 private:
  prometheus::Gauge& resident_bytes_;
  prometheus::Gauge& uptime_seconds_;
  prometheus::Family<prometheus::Gauge>& queue_fill_ratio_;
};

}  // namespace freshet
