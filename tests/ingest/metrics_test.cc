#include "ingest/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace freshet {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(IngestMetrics, AreSeenUnderTheirNames) {
  prometheus::Registry registry;
  IngestMetrics metrics(registry);

  metrics.record_batch(7);
  metrics.record_event(Action::kPurchase);
  metrics.record_dead_lettered(BadRecordReason::kBadTime);
  metrics.record_skipped();
  metrics.set_lag(PartitionId{3}, 42);

  const std::string text = prometheus::TextSerializer().Serialize(registry.Collect());
  EXPECT_THAT(text, HasSubstr("freshet_ingest_records_total 7"));
  EXPECT_THAT(text, HasSubstr("freshet_ingest_events_total{action=\"purchase\"} 1"));
  EXPECT_THAT(text, HasSubstr("freshet_ingest_dead_letters_total{reason=\"bad_time\"} 1"));
  EXPECT_THAT(text, HasSubstr("freshet_ingest_skipped_total 1"));
  EXPECT_THAT(text, HasSubstr("freshet_ingest_lag_records{partition=\"3\"} 42"));
  EXPECT_THAT(text, HasSubstr("freshet_ingest_batch_records_count 1"));
}

TEST(IngestMetrics, ForgetTheLagOfAPartitionThatLeft) {
  prometheus::Registry registry;
  IngestMetrics metrics(registry);
  metrics.set_lag(PartitionId{3}, 42);

  metrics.forget(PartitionId{3});

  const std::string text = prometheus::TextSerializer().Serialize(registry.Collect());
  EXPECT_THAT(text, Not(HasSubstr("partition=\"3\"")));
}

}  // namespace
}  // namespace freshet
