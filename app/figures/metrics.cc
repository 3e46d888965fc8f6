#include "app/figures/metrics.h"

#include <prometheus/gauge.h>
#include <prometheus/registry.h>

namespace freshet {
namespace {

prometheus::Family<prometheus::Gauge>& gauges(prometheus::Registry& registry, const char* name,
                                              const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

}  // namespace

ProcessMetrics::ProcessMetrics(prometheus::Registry& registry)
    : resident_bytes_(
          gauges(registry, "freshet_app_resident_bytes", "Resident memory of the process.")
              .Add({})),
      uptime_seconds_(
          gauges(registry, "freshet_app_uptime_seconds", "Time since the start.").Add({})),
      queue_fill_ratio_(gauges(registry, "freshet_app_queue_fill_ratio",
                               "How full a queue between two stages is, 0 to 1.")) {}

void ProcessMetrics::set(std::uint64_t resident_bytes, std::chrono::milliseconds uptime,
                         const std::vector<NamedFigure>& queue_fills) {
  resident_bytes_.Set(static_cast<double>(resident_bytes));
  uptime_seconds_.Set(std::chrono::duration<double>(uptime).count());
  for (const NamedFigure& queue : queue_fills) {
    queue_fill_ratio_.Add({{"queue", queue.name}}).Set(queue.value);
  }
}

}  // namespace freshet
