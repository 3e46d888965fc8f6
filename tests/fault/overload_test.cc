// More events than the machine can do. FRESHET_OVERLOAD=600 for so many seconds of it instead of
// the default, FRESHET_OVERLOAD_CSV=FILE for the figures of each second (bench/overload_plot.py
// draws them).

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <regex>

#include "sinks/kafka_record_writer.h"
#include "tests/fault/fault_test.h"
#include "tests/kafka/kafka_broker.h"

namespace freshet::test {
namespace {

using namespace std::chrono_literals;

constexpr int kOverload = 10;
constexpr int kWarmUp = 30'000;
constexpr int kSecondsPerWarmUp = 30;
constexpr double kTimesCapacity = 2;
/// What docs/operations.md (Memory) adds up to with the defaults and so few items.
constexpr double kRssMaxMib = 1'024;

/// The figures of one second.
struct Second {
  int second = 0;
  double rss_mib = 0;
  double lag = 0;
  double offered = 0;
  double queued = 0;  ///< Fill of the learning queue, 0..1: what is folded but not learned.
  double events = 0;
  double lists = 0;
  double p50_ms = 0;  ///< Event in the log → its list acknowledged: the lag's wait included.
  double p99_ms = 0;
  double inside_ms = 0;  ///< From the fold to the acknowledgement: users owed a list / lists per s.
};

class OverloadTest : public FaultTest {
 protected:
  OverloadTest() {
    user_count_ = 20'000;
    item_count_ = 5'000;
  }

  double number(const std::string& status, const std::string& name) const {
    double sum = 0;
    const std::regex pattern("\"" + name + "\":([0-9.eE+-]+)");
    for (std::sregex_iterator it(status.begin(), status.end(), pattern), end; it != end; ++it) {
      sum += std::stod((*it)[1]);
    }
    return sum;
  }

  void sample(double offered) {
    const std::string status = get("a", "/v1/status");
    if (status.empty()) return;
    Second now;
    now.second = static_cast<int>((now_ms() - began_ms_) / 1'000);
    now.rss_mib = number(status, "rss_bytes") / (1 << 20);
    now.lag = number(status, "lag_records");
    now.offered = offered;
    now.queued = number(status, "learning");
    now.events = number(status, "events_per_second");
    now.lists = number(status, "lists_per_second");
    now.p50_ms = number(status, "event_to_list_p50_ms");
    now.p99_ms = number(status, "event_to_list_p99_ms");
    now.inside_ms = inside_ms(now, metric("a", "freshet_state_outbox_users"));
    seconds_.push_back(now);
  }

  /// Users who are owed a list by the mean rate of lists of the last seconds (Little's law).
  double inside_ms(const Second& now, double owed) const {
    constexpr std::size_t kSeconds = 15;
    const std::size_t before = std::min(kSeconds - 1, seconds_.size());
    double lists = now.lists;
    for (std::size_t i = seconds_.size() - before; i < seconds_.size(); ++i) {
      lists += seconds_[i].lists;
    }
    return lists > 0 ? 1'000 * owed * static_cast<double>(before + 1) / lists : 0;
  }

  /// Waits until the log is read to its end and learned, sampling; returns the seconds it took, -1
  /// = too many.
  double drain(std::chrono::seconds within) {
    const std::int64_t from = now_ms();
    while (now_ms() - from < std::chrono::milliseconds(within).count()) {
      pass_time(1s);
      sample(0);
      if (seconds_.empty()) continue;
      const Second& last = seconds_.back();
      if (last.lag == 0 && last.events == 0 && last.queued == 0)
        return static_cast<double>(now_ms() - from) / 1'000;
    }
    return -1;
  }

  void overload(double rate, int seconds) {
    auto writer = KafkaRecordWriter::open({.brokers = brokers_, .topic = events()});
    ASSERT_TRUE(writer) << writer.error().text;
    constexpr int kSlices = 20;
    const auto begin = std::chrono::steady_clock::now();
    for (int slice = 1; slice <= seconds * kSlices; ++slice) {
      for (int i = 0; i < rate / kSlices; ++i) write_event(**writer);
      if (slice % kSlices == 0) sample(rate);
      const auto left = begin + slice * 1'000ms / kSlices - std::chrono::steady_clock::now();
      pass_time(std::chrono::duration_cast<std::chrono::milliseconds>(left));
    }
    ASSERT_TRUE((*writer)->flush(60s));
  }

  double highest(double Second::*figure) const {
    double highest = 0;
    for (const Second& s : seconds_) highest = std::max(highest, s.*figure);
    return highest;
  }

  void write_csv(const char* path) const {
    std::ofstream csv(path);
    csv << "second,rss_mib,lag,offered_per_s,events_per_s,lists_per_s,p50_ms,p99_ms,inside_ms\n";
    for (const Second& s : seconds_) {
      csv << s.second << ',' << s.rss_mib << ',' << s.lag << ',' << s.offered << ',' << s.events
          << ',' << s.lists << ',' << s.p50_ms << ',' << s.p99_ms << ',' << s.inside_ms << '\n';
    }
  }

  std::int64_t began_ms_ = now_ms();
  std::vector<Second> seconds_;
};

TEST_F(OverloadTest, FallsBehindWithinItsMemoryAndCatchesUp) {
  FRESHET_KAFKA_OR_SKIP(broker);
  make_topics(broker.brokers());
  const int seconds = from_environment("FRESHET_OVERLOAD", kOverload);
  FreshetProcess process = start("a", {.snapshots = false});
  ASSERT_TRUE(wait_for_log("a", "assigned, from offset", kPartitions));
  // Learning included: the fold alone is faster until the queue between them is full. A long run
  // waits for the model to fill up first, since an event then costs about twice as much.
  double warm_up_s = 0;
  for (int round = 0; round <= seconds / kSecondsPerWarmUp; ++round) {
    write_events(kWarmUp);
    warm_up_s = drain(120s);
    ASSERT_GT(warm_up_s, 0) << log("a");
  }
  const double capacity_per_s = kWarmUp / warm_up_s;

  overload(kTimesCapacity * capacity_per_s, seconds);
  const double lag = seconds_.back().lag;
  const double caught_up = drain(120s + 3 * std::chrono::seconds(seconds));
  if (const char* csv = std::getenv("FRESHET_OVERLOAD_CSV")) write_csv(csv);

  EXPECT_GE(caught_up, 0) << "it does not catch up:\n" << log("a");
  EXPECT_GT(lag, capacity_per_s) << "this was no overload";
  EXPECT_LT(highest(&Second::rss_mib), kRssMaxMib);
  EXPECT_LT(highest(&Second::inside_ms), 120'000);
  expect_nothing_lost(process, "a", 300s);
  std::cout << "capacity " << capacity_per_s << " events/s; " << kTimesCapacity
            << " times that for " << seconds << " s: lag " << lag << ", RSS up to "
            << highest(&Second::rss_mib) << " MiB, fold -> list up to "
            << highest(&Second::inside_ms) << " ms; caught up " << caught_up
            << " s after it ended\n";
}

}  // namespace
}  // namespace freshet::test
