#include "sinks/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>

namespace freshet {

namespace {

using Buckets = prometheus::Histogram::BucketBoundaries;

const Buckets kLatencySeconds{0.00025, 0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075,
                              0.01,    0.015,  0.02,  0.03,  0.05,  0.075, 0.1,
                              0.2,     0.5,    1,     2,     5,     10};
const Buckets kStageSeconds{0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025,
                            0.005,   0.01,     0.025,   0.05,   0.1,     0.25,   1,     10};
const Buckets kFreshnessSeconds{0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1,
                                2,     5,    10,   30,   60,  300, 3600};

prometheus::Counter& counter(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({});
}

prometheus::Histogram& histogram(prometheus::Registry& registry, const char* name, const char* help,
                                 const Buckets& buckets) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add({}, buckets);
}

/// A part of the way from the log to the list, and the point it ends at; none = acknowledged.
struct Stage {
  const char* name;
  SteadyTime ListTimes::*end;
};
constexpr std::array<Stage, 8> kStages{{{"log", &ListTimes::polled},
                                        {"decode", &ListTimes::decoded},
                                        {"fold", &ListTimes::folded},
                                        {"commit", &ListTimes::committed},
                                        {"queue", &ListTimes::taken},
                                        {"rank", &ListTimes::ranked},
                                        {"encode", &ListTimes::encoded},
                                        {"acknowledge", nullptr}}};

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
        stages(prometheus::BuildHistogram()
                   .Name("freshet_sinks_event_to_list_stage_seconds")
                   .Help("Parts of event_to_list_seconds, by stage; they add up to it")
                   .Register(registry)),
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
                 .Register(registry)) {
    for (std::size_t k = 0; k < kStages.size(); ++k)
      stage[k] = &stages.Add({{"stage", kStages[k].name}}, kStageSeconds);
  }

  prometheus::Counter& lists;
  prometheus::Counter& failures;
  prometheus::Counter& dead_letters;
  prometheus::Histogram& event_to_list;
  prometheus::Family<prometheus::Histogram>& stages;
  std::array<prometheus::Histogram*, kStages.size()> stage{};
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

void SinksMetrics::observe_event_to_list(const ListTimes& times, SteadyTime acknowledged) {
  families_->event_to_list.Observe(seconds(acknowledged - times.received));
  SteadyTime begin = times.received;
  for (std::size_t k = 0; k < kStages.size(); ++k) {
    const SteadyTime end = kStages[k].end != nullptr ? times.*kStages[k].end : acknowledged;
    if (end == SteadyTime{}) continue;
    families_->stage[k]->Observe(seconds(end - begin));
    begin = end;
  }
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
