#include "sinks/metrics.h"

#include <gtest/gtest.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <string>

namespace freshet {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

class SinksMetricsTest : public ::testing::Test {
 protected:
  std::string scrape() const { return prometheus::TextSerializer().Serialize(registry_.Collect()); }
  void expect_line(const std::string& line) const {
    EXPECT_NE(scrape().find("\n" + line + "\n"), std::string::npos) << line << " is not in\n"
                                                                    << scrape();
  }

  prometheus::Registry registry_;
  SinksMetrics metrics_{registry_};
};

TEST_F(SinksMetricsTest, AreThereFromTheFirstScrape) {
  expect_line("freshet_sinks_lists_published_total 0");
  expect_line("freshet_sinks_publish_failures_total 0");
  expect_line("freshet_sinks_event_to_list_seconds_count 0");
}

TEST_F(SinksMetricsTest, CountAnswersByWhatBecameOfThem) {
  metrics_.list_answered(true);
  metrics_.list_answered(true);
  metrics_.list_answered(false);
  metrics_.dead_letter_answered(true);
  metrics_.dead_letter_answered(false);
  metrics_.set_in_flight(17);
  expect_line("freshet_sinks_lists_published_total 2");
  expect_line("freshet_sinks_dead_letters_published_total 1");
  expect_line("freshet_sinks_publish_failures_total 2");
  expect_line("freshet_sinks_in_flight 17");
}

TEST_F(SinksMetricsTest, PutLatenciesIntoSeconds) {
  const SteadyTime received{seconds(100)};
  metrics_.observe_event_to_list({.received = received}, received + microseconds(200));
  metrics_.observe_event_to_list({.received = received}, received + milliseconds(4));
  metrics_.observe_freshness(milliseconds(1500));
  expect_line("freshet_sinks_event_to_list_seconds_bucket{le=\"0.00025\"} 1");
  expect_line("freshet_sinks_event_to_list_seconds_bucket{le=\"0.003\"} 1");
  expect_line("freshet_sinks_event_to_list_seconds_bucket{le=\"0.005\"} 2");
  expect_line("freshet_sinks_freshness_seconds_bucket{le=\"1\"} 0");
  expect_line("freshet_sinks_freshness_seconds_bucket{le=\"2\"} 1");
}

TEST_F(SinksMetricsTest, SplitAListsWayIntoStagesThatAddUp) {
  const SteadyTime received{seconds(100)};
  metrics_.observe_event_to_list({.received = received,
                                  .polled = received + milliseconds(10),
                                  .decoded = received + milliseconds(11),
                                  .folded = received + milliseconds(13),
                                  .committed = received + milliseconds(17),
                                  .taken = received + milliseconds(25),
                                  .ranked = received + milliseconds(41),
                                  .encoded = received + milliseconds(73)},
                                 received + milliseconds(137));
  for (const auto& [stage, sum] : std::map<std::string, std::string>{{"log", "0.01"},
                                                                     {"decode", "0.001"},
                                                                     {"fold", "0.002"},
                                                                     {"commit", "0.004"},
                                                                     {"queue", "0.008"},
                                                                     {"rank", "0.016"},
                                                                     {"encode", "0.032"},
                                                                     {"acknowledge", "0.064"}})
    expect_line("freshet_sinks_event_to_list_stage_seconds_sum{stage=\"" + stage + "\"} " + sum);
}

TEST_F(SinksMetricsTest, CountAStageWhoseEndWasNotSeenWithTheNext) {
  const SteadyTime received{seconds(100)};
  metrics_.observe_event_to_list({.received = received,
                                  .taken = received + milliseconds(5),
                                  .ranked = received + milliseconds(7)},
                                 received + milliseconds(8));
  expect_line("freshet_sinks_event_to_list_stage_seconds_sum{stage=\"queue\"} 0.005");
  expect_line("freshet_sinks_event_to_list_stage_seconds_sum{stage=\"acknowledge\"} 0.001");
  expect_line("freshet_sinks_event_to_list_stage_seconds_count{stage=\"commit\"} 0");
}

TEST_F(SinksMetricsTest, CountHttpByRouteAndStatus) {
  metrics_.http_answered("/v1/users/{id}/recommendations", 200);
  metrics_.http_answered("/v1/users/{id}/recommendations", 200);
  expect_line(
      "freshet_sinks_http_requests_total{route=\"/v1/users/{id}/recommendations\",status=\"200\"} "
      "2");
}

}  // namespace
}  // namespace freshet
