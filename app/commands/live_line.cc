#include "app/commands/live_line.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>

namespace freshet {
namespace {

std::int64_t total_lag(const StatusFigures& figures) {
  std::int64_t lag = 0;
  for (const PartitionLag& partition : figures.lag) lag += partition.lag_records;
  return lag;
}

std::string ratio(double value) {
  return std::isnan(value) ? "  -  " : fmt::format("{:.3f}", value);
}

std::string milliseconds(StatusFigures::Milliseconds value) {
  return std::isnan(value.count()) ? "-" : fmt::format("{:.1f}", value.count());
}

}  // namespace

std::string live_line(const StatusFigures& figures) {
  return fmt::format(
      "{:4d}s  events/s {:6.0f}  lists/s {:6.0f}  lag {:6d}  event→list p50 {:>5} p99 {:>5} ms  "
      "HR@20 {} (popularity {})  model v{}",
      std::chrono::duration_cast<std::chrono::seconds>(figures.uptime).count(),
      figures.events_per_second, figures.lists_per_second, total_lag(figures),
      milliseconds(figures.event_to_list_p50), milliseconds(figures.event_to_list_p99),
      ratio(figures.served.hit_rate_20), ratio(figures.popularity.hit_rate_20),
      figures.model_version.value);
}

std::string summary(const StatusFigures& figures) {
  const double seconds = std::chrono::duration<double>(figures.uptime).count();
  std::string fallbacks;
  for (const NamedFigure& fallback : figures.fallbacks) {
    if (fallback.value > 0) fallbacks += fmt::format(" {} {:.0f}", fallback.name, fallback.value);
  }
  return fmt::format(
      "events        {} ({:.0f}/s)\n"
      "lists         {} ({:.0f}/s){}\n"
      "dead letters  {}\n"
      "as served     HR@20 {}  MRR@20 {}  NDCG@20 {}  over {} events\n"
      "popularity    HR@20 {}  MRR@20 {}  NDCG@20 {}\n"
      "model         v{}, loss {}\n"
      "memory        {:.0f} MiB\n",
      figures.events_total, static_cast<double>(figures.events_total) / seconds,
      figures.lists_total, static_cast<double>(figures.lists_total) / seconds,
      fallbacks.empty() ? "" : ", fallbacks:" + fallbacks, figures.dead_letters_total,
      ratio(figures.served.hit_rate_20), ratio(figures.served.mrr_20),
      ratio(figures.served.ndcg_20), figures.judged_total, ratio(figures.popularity.hit_rate_20),
      ratio(figures.popularity.mrr_20), ratio(figures.popularity.ndcg_20),
      figures.model_version.value, ratio(figures.loss),
      static_cast<double>(figures.rss_bytes) / (1 << 20));
}

}  // namespace freshet
