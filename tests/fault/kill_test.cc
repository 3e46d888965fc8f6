// kill -9 at moments that nobody chose. FRESHET_ROUNDS=200 for more of them than the default.

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>

#include "tests/fault/fault_test.h"
#include "tests/kafka/kafka_broker.h"

namespace freshet::test {
namespace {

using namespace std::chrono_literals;

constexpr int kRounds = 10;
constexpr int kEventsPerRound = 3'000;

class KillTest : public FaultTest {
 protected:
  /// A static member, so that the next process has its partitions at once.
  FreshetProcess start_again() {
    started_ms_.push_back(now_ms());
    return start("a", {.kafka = ", instance: kill-test", .snapshots = false});
  }

  /// From the start of each process to its first list; some were killed before they had one.
  void print_recovery() {
    std::vector<std::int64_t> took;
    started_ms_.push_back(now_ms());
    for (std::size_t i = 1; i + 1 < started_ms_.size(); ++i) {
      const std::int64_t first = first_list_after(all_lists(), started_ms_[i]);
      if (first >= 0 && first < started_ms_[i + 1]) took.push_back(first - started_ms_[i]);
    }
    if (took.empty()) return;
    std::sort(took.begin(), took.end());
    std::cout << took.size() << " starts after kill -9: first list after " << took[took.size() / 2]
              << " ms (median), " << took.back() << " ms (longest)\n";
  }

  std::vector<std::int64_t> started_ms_;
};

TEST_F(KillTest, LosesNothingAndRepeatsNothingOverKillsAndRestarts) {
  FRESHET_KAFKA_OR_SKIP(broker);
  make_topics(broker.brokers());
  const int rounds = from_environment("FRESHET_ROUNDS", kRounds);
  for (int round = 0; round < rounds; ++round) {
    FreshetProcess process = start_again();
    write_events(kEventsPerRound);
    pass_time(std::chrono::milliseconds(700 + random_() % 1'500));
    ASSERT_TRUE(process.is_running()) << log("a");
    process.kill9();
    all_lists();  // Read as they come, before the topic's retention takes them.
  }
  FreshetProcess process = start_again();
  write_events(kEventsPerRound);
  expect_nothing_lost(process, "a", 300s);
  print_recovery();
}

}  // namespace
}  // namespace freshet::test
