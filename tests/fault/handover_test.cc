// Partitions that move between instances which share a snapshot directory, and topics that are made
// anew or given more partitions under a running program.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <set>

#include "tests/fault/fault_test.h"
#include "tests/kafka/kafka_broker.h"

namespace freshet::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class HandoverTest : public FaultTest {};

TEST_F(HandoverTest, LosesNothingWhenPartitionsMoveToAndFro) {
  FRESHET_KAFKA_OR_SKIP(broker);
  make_topics(broker.brokers());
  std::jthread writing = write_events();
  FreshetProcess a = start("a");
  ASSERT_TRUE(wait_for_log("a", "assigned, from offset", kPartitions));
  pass_time(2s);

  const std::int64_t joined = now_ms();
  FreshetProcess b = start("b");
  ASSERT_TRUE(wait_for_log("b", "assigned, from offset"));
  pass_time(2s);
  const std::int64_t stopped = now_ms();
  EXPECT_EQ(a.stop(), 0) << log("a");
  ASSERT_TRUE(wait_for_log("b", "assigned, from offset", kPartitions));
  pass_time(2s);
  const std::int64_t killed = now_ms();
  FreshetProcess again = start("a");
  ASSERT_TRUE(wait_for_log("a", "assigned, from offset", kPartitions + 1));
  b.kill9();
  pass_time(8s);  // Longer than the session.
  writing = {};

  expect_nothing_lost(again, "a");
  EXPECT_THAT(log("b"), HasSubstr("state: snapshot"));
  const auto& all = all_lists();
  std::map<std::int64_t, std::set<std::int64_t>> epochs;
  for (const SeenList& list : all) epochs[list.partition].insert(list.epoch);
  for (const auto& [partition, taken] : epochs) EXPECT_GE(taken.size(), 2u) << partition;
  std::cout << "longest time without a list: another instance joins "
            << longest_gap_ms(all, joined, stopped) << " ms, one is stopped "
            << longest_gap_ms(all, stopped, killed) << " ms, one is killed "
            << longest_gap_ms(all, killed, now_ms()) << " ms\n";
}

TEST_F(HandoverTest, KeepsEpochsApartBetweenStaleDatabases) {
  FRESHET_KAFKA_OR_SKIP(broker);
  make_topics(broker.brokers());
  std::map<std::string, std::string> owner_of;  // By partition and epoch.
  std::size_t seen = 0;
  for (int round = 0; round < 4; ++round) {
    const std::string name = round % 2 == 0 ? "a" : "b";
    FreshetProcess process = start(name);
    ASSERT_TRUE(wait_for_log(name, "assigned, from offset", kPartitions * (round / 2 + 1)));
    write_events(500);
    const auto& all = wait_for_lists(replay(all_of(events())));
    for (; seen < all.size(); ++seen) {
      const std::string epoch =
          std::to_string(all[seen].partition) + "/" + std::to_string(all[seen].epoch);
      const std::string owner = name + std::to_string(round);
      EXPECT_EQ(owner_of.try_emplace(epoch, owner).first->second, owner) << epoch;
    }
    process.kill9();
  }
}

TEST_F(HandoverTest, RefusesATopicThatWasMadeAnewUntilItIsToldToResetStates) {
  FRESHET_KAFKA_OR_SKIP(broker);
  make_topics(broker.brokers());
  write_events(2'000);
  {
    FreshetProcess process = start("a");
    wait_for_lists(replay(all_of(events())));
    EXPECT_EQ(process.stop(), 0);
  }
  ASSERT_TRUE(delete_topic(brokers_, events()));
  ASSERT_TRUE(create_topic(brokers_, events(), kPartitions));
  write_events(4'000);  // Its end lies beyond the offsets that were processed.

  FreshetProcess refused = start("a");
  EXPECT_EQ(refused.wait_for_end(60s), 1);
  EXPECT_THAT(log("a"), HasSubstr("the topic was made anew"));
  EXPECT_THAT(log("a"), HasSubstr("ingest.kafka.on_gap: reset_state"));

  FreshetProcess reset = start("a", {.kafka = ", on_gap: reset_state"});
  const Replay expected = replay(all_of(events()));
  ASSERT_TRUE(wait_for_log("a", "state: new", 2 * kPartitions));
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  std::map<std::string, std::int64_t> newest;
  while (newest != expected.newest_offset && std::chrono::steady_clock::now() < deadline) {
    newest.clear();  // By epoch first: the offsets began anew.
    std::map<std::string, std::int64_t> epoch;
    for (const SeenList& list : all_lists()) {
      if (list.epoch < epoch[list.user]) continue;
      epoch[list.user] = list.epoch;
      newest[list.user] = list.offset;
    }
  }
  EXPECT_EQ(newest, expected.newest_offset);
  EXPECT_EQ(reset.stop(), 0) << log("a");
  EXPECT_EQ(stored_states(state_of("a"), kPartitions), expected.states) << "seed " << seed_;
}

TEST_F(HandoverTest, StopsWhenPartitionsAreRaisedAndGoesOnAfterRepartition) {
  FRESHET_KAFKA_OR_SKIP(broker);
  constexpr int kMore = 5;
  make_topics(broker.brokers());
  write_events(2'000);
  FreshetProcess process = start("a");
  wait_for_lists(replay(all_of(events())));

  ASSERT_TRUE(raise_partition_count(brokers_, events(), kMore));
  EXPECT_EQ(process.wait_for_end(60s), 2) << log("a");
  EXPECT_THAT(log("a"), HasSubstr("freshet state repartition --from 3 --to 5"));
  FreshetProcess again = start("a");
  EXPECT_EQ(again.wait_for_end(60s), 2) << "refused at the start too";

  const std::string command = std::string(FRESHET_PROGRAM) + " state repartition --config " +
                              config_of("a") + " --from 3 --to 5 >> " + log_of("a") + " 2>&1";
  ASSERT_EQ(std::system(command.c_str()), 0) << log("a");
  write_events(6'000);  // So many that every user has some.
  FreshetProcess mended = start("a");
  ASSERT_TRUE(wait_for_log("a", "assigned, from offset", kPartitions + kMore));
  // A user's events of before and after lie in different partitions, and are in order of time.
  auto records = all_of(events());
  std::stable_sort(records.begin(), records.end(),
                   [](const auto& x, const auto& y) { return x.timestamp_ms < y.timestamp_ms; });
  std::map<std::string, std::int32_t> partition_of;
  for (const TopicRecord& record : records) partition_of[record.key] = record.partition;
  for (TopicRecord& record : records) record.partition = partition_of[record.key];
  const Replay expected = replay(records);
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  std::map<std::string, std::int64_t> newest;
  while (newest != expected.newest_offset && std::chrono::steady_clock::now() < deadline) {
    newest.clear();
    for (const SeenList& list : all_lists()) {
      if (list.partition != partition_of[list.user]) continue;
      newest[list.user] = std::max(newest[list.user], list.offset);
    }
  }
  EXPECT_EQ(newest, expected.newest_offset);
  EXPECT_EQ(mended.stop(), 0) << log("a");
  const States stored = stored_states(state_of("a"), kMore);
  for (const auto& [partition, users] : expected.states) {
    for (const auto& [user, state] : users) {
      const auto& there = stored.at(partition);
      ASSERT_TRUE(there.contains(user)) << user;
      EXPECT_EQ(there.at(user), state) << user << ", seed " << seed_;
    }
  }
}

}  // namespace
}  // namespace freshet::test
