#include "ingest/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <string>

namespace freshet {
namespace {

prometheus::Family<prometheus::Counter>& counters(prometheus::Registry& registry, const char* name,
                                                  const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

}  // namespace

IngestMetrics::IngestMetrics(prometheus::Registry& registry)
    : records_(
          counters(registry, "freshet_ingest_records_total", "Records read from events.").Add({})),
      skipped_(counters(registry, "freshet_ingest_skipped_total",
                        "Records that mean nothing to us: tombstones, ignored types.")
                   .Add({})),
      repeats_(counters(registry, "freshet_ingest_repeats_total",
                        "Rekeyed records left out since they had come before.")
                   .Add({})),
      rekeyed_(counters(registry, "freshet_ingest_rekeyed_total",
                        "Records written to the events topic, keyed by user.")
                   .Add({})),
      batch_records_(prometheus::BuildHistogram()
                         .Name("freshet_ingest_batch_records")
                         .Help("Records folded and committed together.")
                         .Register(registry)
                         .Add({}, prometheus::Histogram::BucketBoundaries{1, 2, 5, 10, 20, 50, 100,
                                                                          200, 500, 1000})),
      lag_records_(prometheus::BuildGauge()
                       .Name("freshet_ingest_lag_records")
                       .Help("Records in the log that are not yet processed.")
                       .Register(registry)),
      caught_up_ratio_(prometheus::BuildGauge()
                           .Name("freshet_ingest_caught_up_ratio")
                           .Help("Part done of the backlog a partition was taken over with; 1 = "
                                 "current.")
                           .Register(registry)) {
  auto& events = counters(registry, "freshet_ingest_events_total", "Events decoded, by action.");
  for (std::size_t i = 0; i < kActionCount; ++i) {
    events_[i] = &events.Add({{"action", std::string(to_string(static_cast<Action>(i)))}});
  }
  auto& letters =
      counters(registry, "freshet_ingest_dead_letters_total", "Records given up, by reason.");
  for (std::size_t i = 0; i < kBadRecordReasonCount; ++i) {
    dead_letters_[i] =
        &letters.Add({{"reason", std::string(to_string(static_cast<BadRecordReason>(i)))}});
  }
}

void IngestMetrics::record_batch(std::size_t records) {
  records_.Increment(static_cast<double>(records));
  batch_records_.Observe(static_cast<double>(records));
}

void IngestMetrics::record_event(Action action) {
  events_[static_cast<std::size_t>(action)]->Increment();
}

void IngestMetrics::record_dead_lettered(BadRecordReason reason) {
  dead_letters_[static_cast<std::size_t>(reason)]->Increment();
}

void IngestMetrics::record_skipped() { skipped_.Increment(); }

void IngestMetrics::record_repeat() { repeats_.Increment(); }

void IngestMetrics::record_rekeyed(std::size_t records) {
  rekeyed_.Increment(static_cast<double>(records));
}

void IngestMetrics::set_lag(PartitionId partition, std::int64_t records) {
  lag_records_.Add({{"partition", std::to_string(partition.value)}})
      .Set(static_cast<double>(records));
}

void IngestMetrics::set_caught_up(PartitionId partition, double ratio) {
  caught_up_ratio_.Add({{"partition", std::to_string(partition.value)}}).Set(ratio);
}

void IngestMetrics::forget(PartitionId partition) {
  const prometheus::Labels labels{{"partition", std::to_string(partition.value)}};
  lag_records_.Remove(&lag_records_.Add(labels));
  caught_up_ratio_.Remove(&caught_up_ratio_.Add(labels));
}

}  // namespace freshet
