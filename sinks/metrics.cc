#include "sinks/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

namespace freshet {

namespace {

using Buckets = prometheus::Histogram::BucketBoundaries;

const Buckets kLatencySeconds{0.00025, 0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075,
                              0.01,    0.015,  0.02,  0.03,  0.05,  0.075, 0.1,
                              0.2,     0.5,    1,     2,     5,     10};
const Buckets kFreshnessSeconds{0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1,
                                2,     5,    10,   30,   60,  300, 3600};

prometheus::Counter& counter(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({});
}

prometheus::Histogram& histogram(prometheus::Registry& registry, const char* name, const char* help,
                                 const Buckets& buckets) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add({}, buckets);
}

double seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

struct SinksMetrics::Families {
  explicit Families(prometheus::Registry& registry)
      : lists(counter(registry, "freshet_sinks_lists_published_total", "Lists acknowledged")),
        failures(counter(registry, "freshet_sinks_publish_failures_total",
                         "Lists and dead letters not acknowledged in time; they are sent again")),
        dead_letters(counter(registry, "freshet_sinks_dead_letters_published_total",
                             "Dead letters acknowledged")),
        event_to_list(histogram(registry, "freshet_sinks_event_to_list_seconds",
                                "Event in the log to its list acknowledged", kLatencySeconds)),
        freshness(histogram(registry, "freshet_sinks_freshness_seconds",
                            "Event time of a list's newest event to published", kFreshnessSeconds)),
        in_flight(prometheus::BuildGauge()
                      .Name("freshet_sinks_in_flight")
                      .Help("Lists and dead letters queued and not yet answered")
                      .Register(registry)
                      .Add({})),
        related(counter(registry, "freshet_sinks_related_records_total",
                        "Records queued for the related topic, tombstones included.")),
        http(prometheus::BuildCounter()
                 .Name("freshet_sinks_http_requests_total")
                 .Help("HTTP requests answered, by route and status")
                 .Register(registry)) {}

  prometheus::Counter& lists;
  prometheus::Counter& failures;
  prometheus::Counter& dead_letters;
  prometheus::Histogram& event_to_list;
  prometheus::Histogram& freshness;
  prometheus::Gauge& in_flight;
  prometheus::Counter& related;
  prometheus::Family<prometheus::Counter>& http;
};

SinksMetrics::SinksMetrics(prometheus::Registry& registry)
    : families_(std::make_unique<Families>(registry)) {}

SinksMetrics::~SinksMetrics() = default;

void SinksMetrics::list_answered(bool delivered) {
  (delivered ? families_->lists : families_->failures).Increment();
}

void SinksMetrics::dead_letter_answered(bool delivered) {
  (delivered ? families_->dead_letters : families_->failures).Increment();
}

void SinksMetrics::observe_event_to_list(std::chrono::nanoseconds latency) {
  families_->event_to_list.Observe(seconds(latency));
}

void SinksMetrics::observe_freshness(std::chrono::milliseconds freshness) {
  families_->freshness.Observe(seconds(freshness));
}

void SinksMetrics::related_written(std::size_t records) {
  families_->related.Increment(static_cast<double>(records));
}

void SinksMetrics::set_in_flight(std::size_t count) {
  families_->in_flight.Set(static_cast<double>(count));
}

void SinksMetrics::http_answered(const std::string& route, unsigned status) {
  families_->http.Add({{"route", route}, {"status", std::to_string(status)}}).Increment();
}

}  // namespace freshet
