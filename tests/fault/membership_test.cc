// Instances that come and go. FRESHET_MOVES=100 for more of it than the default.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <iostream>
#include <optional>

#include "tests/fault/fault_test.h"
#include "tests/kafka/kafka_broker.h"

namespace freshet::test {
namespace {

using namespace std::chrono_literals;

constexpr int kMoves = 12;
constexpr auto kSession = 4s;

class MembershipTest : public FaultTest {
 protected:
  struct Instance {
    std::string name;
    std::optional<FreshetProcess> process;
  };

  /// One start, stop or kill of any of them.
  void move(Instance& instance) {
    if (!instance.process) {
      instance.process.emplace(start(instance.name, {.session_timeout = kSession}));
      said_ += " +" + instance.name;
    } else if (random_() % 2 == 0) {
      EXPECT_TRUE(instance.process->is_running()) << log(instance.name);
      instance.process->kill9();
      instance.process.reset();
      said_ += " !" + instance.name;
    } else {
      stop(instance);
      said_ += " -" + instance.name;
    }
  }

  void stop(Instance& instance) {
    if (!instance.process) return;
    // One that has just been forked dies of the signal: it had nothing yet.
    EXPECT_THAT(instance.process->stop(), testing::AnyOf(0, 128 + SIGTERM)) << log(instance.name);
    instance.process.reset();
  }

  std::string said_;  // + joins, - stops, ! is killed.
};

TEST_F(MembershipTest, LosesNothingWhileInstancesJoinAndLeaveAtRandom) {
  FRESHET_KAFKA_OR_SKIP(broker);
  make_topics(broker.brokers());
  std::jthread writing = write_events();
  std::array<Instance, 3> instances{{{"a", {}}, {"b", {}}, {"c", {}}}};
  const std::int64_t began = now_ms();
  for (int moves = from_environment("FRESHET_MOVES", kMoves); moves > 0; --moves) {
    move(instances[random_() % instances.size()]);
    pass_time(std::chrono::milliseconds(200 + random_() % 3'000));
  }
  // One that never was there judges: all that it knows comes from the others' snapshots and the
  // log.
  FreshetProcess judge = start("judge", {.session_timeout = kSession});
  for (Instance& instance : instances) stop(instance);
  ASSERT_TRUE(wait_for_log("judge", "assigned, from offset", kPartitions));
  writing = {};
  std::cout << "moves, seed " << seed_ << ":" << said_ << "\n";
  expect_nothing_lost(judge, "judge");
  std::cout << "longest time without a list of a partition: "
            << longest_gap_ms(all_lists(), began, now_ms()) << " ms (session time-out "
            << std::chrono::milliseconds(kSession).count() << " ms)\n";
}

}  // namespace
}  // namespace freshet::test
