// How long until lists come again, and what a restart costs the others.

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <optional>

#include "tests/fault/fault_test.h"
#include "tests/kafka/kafka_broker.h"

namespace freshet::test {
namespace {

using namespace std::chrono_literals;

constexpr int kRestarts = 3;

class RecoveryTest : public FaultTest {
 protected:
  /// Writes what the next start finds; returns the time from the start to the first list of it.
  std::int64_t restart(std::optional<FreshetProcess>& process) {
    process.reset();
    write_events(100);
    const std::int64_t started = now_ms();
    process.emplace(start("a", {.kafka = ", instance: a"}));
    wait_for_lists(replay(all_of(events())));
    return first_list_after(all_lists(), started) - started;
  }

  static std::int64_t median(std::vector<std::int64_t> values) {
    std::sort(values.begin(), values.end());
    return values.at(values.size() / 2);
  }
};

TEST_F(RecoveryTest, GoesOnFromItsDiskAfterARestart) {
  FRESHET_KAFKA_OR_SKIP(broker);
  make_topics(broker.brokers());
  write_events(10'000);
  std::optional<FreshetProcess> process;
  restart(process);
  std::vector<std::int64_t> stopped, killed;
  for (int i = 0; i < kRestarts; ++i) {
    EXPECT_EQ(process->stop(), 0) << log("a");
    stopped.push_back(restart(process));
    process->kill9();
    killed.push_back(restart(process));
  }
  expect_nothing_lost(*process, "a");
  std::cout << "start with the disk kept -> first list: " << median(stopped) << " ms after a stop, "
            << median(killed) << " ms after kill -9 (medians of " << kRestarts << ")\n";
}

TEST_F(RecoveryTest, HandsPartitionsOfAKilledInstanceToAnother) {
  FRESHET_KAFKA_OR_SKIP(broker);
  make_topics(broker.brokers());
  std::jthread writing = write_events();
  FreshetProcess a = start("a");
  ASSERT_TRUE(wait_for_log("a", "assigned, from offset", kPartitions));
  FreshetProcess b = start("b");
  ASSERT_TRUE(wait_for_log("b", "assigned, from offset"));
  pass_time(2s);

  const std::int64_t killed = now_ms();
  a.kill9();
  ASSERT_TRUE(wait_for_log("b", "assigned, from offset", kPartitions));
  pass_time(500ms);
  writing = {};
  expect_nothing_lost(b, "b");
  std::cout << "kill -9 -> lists of its partitions from another: "
            << longest_gap_ms(all_lists(), killed, now_ms()) << " ms, session time-out 6000 ms\n";
}

TEST_F(RecoveryTest, MovesNothingWhenAStaticMemberRestartsInTime) {
  FRESHET_KAFKA_OR_SKIP(broker);
  make_topics(broker.brokers());
  std::jthread writing = write_events();
  std::optional<FreshetProcess> a(start("a", {.kafka = ", instance: a"}));
  ASSERT_TRUE(wait_for_log("a", "assigned, from offset", kPartitions));
  FreshetProcess b = start("b", {.kafka = ", instance: b"});
  ASSERT_TRUE(wait_for_log("b", "assigned, from offset"));
  ASSERT_TRUE(wait_for_log("a", "given up"));
  pass_time(1s);
  const int of_b = count_in_log("b", "assigned, from offset");
  const int of_a = count_in_log("a", "assigned, from offset");
  const int kept = kPartitions - of_b;

  const std::int64_t stopped = now_ms();
  a->kill9();
  a.emplace(start("a", {.kafka = ", instance: a"}));
  ASSERT_TRUE(wait_for_log("a", "assigned, from offset", of_a + kept));
  pass_time(1s);
  writing = {};
  wait_for_lists(replay(all_of(events())));

  EXPECT_EQ(count_in_log("b", "assigned, from offset"), of_b) << log("b");
  EXPECT_EQ(count_in_log("b", "given up"), 0) << log("b");
  EXPECT_EQ(count_in_log("a", "assigned, from offset"), of_a + kept) << log("a");
  EXPECT_EQ(a->stop(), 0) << log("a");
  EXPECT_EQ(b.stop(), 0) << log("b");
  std::cout << "static member killed and restarted: no partition of the other moved; its own went "
            << longest_gap_ms(all_lists(), stopped, now_ms()) << " ms without a list\n";
}

}  // namespace
}  // namespace freshet::test
