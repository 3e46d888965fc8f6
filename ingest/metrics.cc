#include "ingest/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <map>
#include <mutex>
#include <string>

namespace freshet {
namespace {

prometheus::Counter& add_counter(prometheus::Registry& registry, const char* name,
                                 const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({});
}

}  // namespace

class IngestMetrics::Impl {
 public:
  explicit Impl(prometheus::Registry& registry)
      : records(
            add_counter(registry, "freshet_ingest_records_total", "Records read from the log.")),
        skipped(add_counter(registry, "freshet_ingest_skipped_total",
                            "Records that are no event by the mapping: tombstones and ignored "
                            "types.")),
        batch_records(prometheus::BuildHistogram()
                          .Name("freshet_ingest_batch_records")
                          .Help("Records folded and committed together.")
                          .Register(registry)
                          .Add({}, prometheus::Histogram::BucketBoundaries{1, 2, 5, 10, 20, 50, 100,
                                                                           200, 500, 1000, 2000})),
        lag(prometheus::BuildGauge()
                .Name("freshet_ingest_lag_records")
                .Help("Records of a partition that are in the log and not yet read.")
                .Register(registry)) {
    auto& event_family = prometheus::BuildCounter()
                             .Name("freshet_ingest_events_total")
                             .Help("Records decoded to events, by action.")
                             .Register(registry);
    for (std::size_t i = 0; i < kActionCount; ++i) {
      const std::string name(to_string(static_cast<Action>(i)));
      events.at(i) = &event_family.Add({{"action", name}});
    }
    auto& dead_family = prometheus::BuildCounter()
                            .Name("freshet_ingest_dead_letters_total")
                            .Help("Records given up, by reason.")
                            .Register(registry);
    for (std::size_t i = 0; i < kBadRecordReasonCount; ++i) {
      const std::string name(to_string(static_cast<BadRecordReason>(i)));
      dead_letters.at(i) = &dead_family.Add({{"reason", name}});
    }
  }

  prometheus::Counter& records;
  prometheus::Counter& skipped;
  prometheus::Histogram& batch_records;
  prometheus::Family<prometheus::Gauge>& lag;
  std::array<prometheus::Counter*, kActionCount> events{};
  std::array<prometheus::Counter*, kBadRecordReasonCount> dead_letters{};
  std::mutex lags_mutex;
  std::map<PartitionId, prometheus::Gauge*> lags;
};

IngestMetrics::IngestMetrics(prometheus::Registry& registry)
    : impl_(std::make_unique<Impl>(registry)) {}
IngestMetrics::~IngestMetrics() = default;

void IngestMetrics::add_batch(std::size_t records) {
  impl_->records.Increment(static_cast<double>(records));
  impl_->batch_records.Observe(static_cast<double>(records));
}

void IngestMetrics::add_event(Action action) {
  impl_->events.at(static_cast<std::size_t>(action))->Increment();
}

void IngestMetrics::add_dead_letter(BadRecordReason reason) {
  impl_->dead_letters.at(static_cast<std::size_t>(reason))->Increment();
}

void IngestMetrics::add_skipped() { impl_->skipped.Increment(); }

void IngestMetrics::set_lag(PartitionId partition, std::int64_t records) {
  const std::lock_guard lock(impl_->lags_mutex);
  auto& gauge = impl_->lags[partition];
  if (gauge == nullptr) {
    gauge = &impl_->lag.Add({{"partition", std::to_string(partition.value)}});
  }
  gauge->Set(static_cast<double>(records));
}

void IngestMetrics::forget(PartitionId partition) {
  const std::lock_guard lock(impl_->lags_mutex);
  const auto found = impl_->lags.find(partition);
  if (found == impl_->lags.end()) return;
  impl_->lag.Remove(found->second);
  impl_->lags.erase(found);
}

}  // namespace freshet
