// Partitions that move between instances which share a snapshot directory, and topics that are made
// anew or given more partitions under a running program.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <fstream>
#include <iostream>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "sinks/kafka_record_writer.h"
#include "tests/fakes/temporary_directory.h"
#include "tests/fault/fault_replay.h"
#include "tests/fault/freshet_process.h"
#include "tests/kafka/kafka_broker.h"
#include "tests/kafka/kafka_topics.h"

namespace freshet::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr int kPartitions = 3;

class HandoverTest : public testing::Test {
 protected:
  HandoverTest() : seed_(std::random_device{}()), random_(seed_) {
    RecordProperty("seed", std::to_string(seed_));
  }

  std::string events() const { return "events-" + std::to_string(seed_); }
  std::string lists() const { return "lists-" + std::to_string(seed_); }

  void make_topics(const std::string& brokers) {
    brokers_ = brokers;
    ASSERT_TRUE(create_topic(brokers, events(), kPartitions));
    ASSERT_TRUE(create_topic(brokers, lists(), kPartitions));
    ASSERT_TRUE(create_topic(brokers, "dead-" + std::to_string(seed_), 1));
  }

  std::string config_of(const std::string& name) const { return directory_ + "/" + name + ".yaml"; }
  std::string state_of(const std::string& name) const { return directory_ + "/" + name + "/state"; }

  /// Starts instance `name` with directories of its own; `kafka` and `state` are more of their
  /// keys.
  FreshetProcess start(const std::string& name, const std::string& kafka = "") {
    std::ofstream(config_of(name))
        << "ingest:\n  kafka: {brokers: '" << brokers_ << "', group: handover-" << seed_
        << ", events_topic: " << events() << ", items_topic: '', session_timeout: 6s" << kafka
        << "}\n"
        << "state: {directory: " << state_of(name) << ", snapshots: {directory: " << directory_
        << "/snapshots, interval: 1s}}\n"
        << "scoring:\n  learning: {directory: " << directory_ << "/" << name << "/model}\n"
        << "sinks:\n  kafka: {brokers: '" << brokers_ << "', lists_topic: " << lists()
        << ", dead_letters_topic: dead-" << seed_ << ", delivery_timeout: 5s}\n"
        << "  http: {port: 0}\n";
    return FreshetProcess(config_of(name), log_of(name));
  }

  std::string log_of(const std::string& name) const { return directory_ + "/" + name + ".log"; }
  std::string log(const std::string& name) const {
    std::ifstream file(log_of(name));
    return {std::istreambuf_iterator<char>(file), {}};
  }

  /// Waits until `text` stands `count` times in the log of `name`.
  bool wait_for_log(const std::string& name, const std::string& text, int count = 1) {
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    while (std::chrono::steady_clock::now() < deadline) {
      int found = 0;
      const std::string all = log(name);
      for (auto at = all.find(text); at != std::string::npos; at = all.find(text, at + 1)) ++found;
      if (found >= count) return true;
      pass_time(20ms);
    }
    ADD_FAILURE() << "\"" << text << "\" is not in the log of " << name << ":\n" << log(name);
    return false;
  }

  /// Writes clicks one by one until it is stopped.
  std::jthread write_events() {
    return std::jthread([this](std::stop_token stop) {
      auto writer =
          KafkaRecordWriter::open({.brokers = brokers_, .topic = events(), .linger = 0ms});
      ASSERT_TRUE(writer) << writer.error().text;
      while (!stop.stop_requested()) {
        write_event(**writer);
        pass_time(2ms);
      }
      ASSERT_TRUE((*writer)->flush(10s));
    });
  }

  void write_events(int count) {
    auto writer = KafkaRecordWriter::open({.brokers = brokers_, .topic = events()});
    ASSERT_TRUE(writer) << writer.error().text;
    for (int i = 0; i < count; ++i) write_event(**writer);
    ASSERT_TRUE((*writer)->flush(10s));
  }

  void write_event(KafkaRecordWriter& writer) {
    const std::string user = "user-" + std::to_string(random_() % 300);
    const std::string time = std::to_string(++time_ms_);
    ASSERT_TRUE(writer.write(user, R"({"event_id":")" + time + R"(","type":"click","user_id":")" +
                                       user + R"(","item_id":"item-)" +
                                       std::to_string(random_() % 200) + R"(","event_time":)" +
                                       time + "}"));
  }

  std::vector<TopicRecord> all_of(const std::string& topic) const {
    auto records = consume_all(brokers_, topic);
    EXPECT_TRUE(records) << records.error().text;
    return records.value_or(std::vector<TopicRecord>{});
  }

  /// Waits until every user has a list of the newest event; returns all lists.
  std::vector<TopicRecord> wait_for_lists(const Replay& expected) {
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    std::vector<TopicRecord> all;
    while (std::chrono::steady_clock::now() < deadline) {
      all = all_of(lists());
      if (newest_lists(all) == expected.newest_offset) return all;
    }
    ADD_FAILURE() << "not every user has a list of the newest event";
    return all;
  }

  /// Longest time without a new list, of the worst partition, between two times of the log.
  static double longest_gap_ms(const std::vector<TopicRecord>& all, std::int64_t from_ms) {
    std::map<std::int64_t, std::int64_t> last;
    std::int64_t longest = 0;
    for (const TopicRecord& list : all) {
      const std::int64_t partition = header(list, "partition");
      const auto [it, is_first] = last.try_emplace(partition, list.timestamp_ms);
      if (!is_first && list.timestamp_ms > from_ms) {
        longest = std::max(longest, list.timestamp_ms - it->second);
      }
      it->second = std::max(it->second, list.timestamp_ms);
    }
    return static_cast<double>(longest);
  }

  static std::int64_t now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  }

  const std::uint32_t seed_;
  std::mt19937_64 random_;
  std::string brokers_;
  const TemporaryDirectory scratch_;
  const std::string directory_ = scratch_.path();
  std::int64_t time_ms_ = 1'750'000'000'000;
};

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

  const Replay expected = replay(all_of(events()));
  const auto all = wait_for_lists(expected);
  EXPECT_EQ(again.stop(), 0) << log("a");
  EXPECT_EQ(stored_states(state_of("a"), kPartitions), expected.states) << "seed " << seed_;
  EXPECT_THAT(log("b"), HasSubstr("state: snapshot"));

  std::map<std::int64_t, std::set<std::int64_t>> epochs;
  for (const TopicRecord& list : all) {
    epochs[header(list, "partition")].insert(header(list, "epoch"));
  }
  for (const auto& [partition, taken] : epochs) EXPECT_GE(taken.size(), 2u) << partition;
  std::vector<TopicRecord> until_stop, until_kill;
  for (const TopicRecord& list : all) {
    if (list.timestamp_ms < stopped) until_stop.push_back(list);
    if (list.timestamp_ms < killed) until_kill.push_back(list);
  }
  std::cout << "longest time without a list: another instance joins "
            << longest_gap_ms(until_stop, joined) << " ms, one is stopped "
            << longest_gap_ms(until_kill, stopped) << " ms\n";
}

TEST_F(HandoverTest, KeepsEpochsApartBetweenStaleDatabases) {
  FRESHET_KAFKA_OR_SKIP(broker);
  make_topics(broker.brokers());
  std::map<std::string, std::string> owner_of;  // By partition and epoch.
  std::set<std::pair<std::int32_t, std::int64_t>> seen;
  for (int round = 0; round < 4; ++round) {
    const std::string name = round % 2 == 0 ? "a" : "b";
    FreshetProcess process = start(name);
    ASSERT_TRUE(wait_for_log(name, "assigned, from offset", kPartitions * (round / 2 + 1)));
    write_events(500);
    const auto all = wait_for_lists(replay(all_of(events())));
    for (const TopicRecord& list : all) {
      if (!seen.emplace(list.partition, list.offset).second) continue;
      const std::string epoch =
          std::to_string(header(list, "partition")) + "/" + std::to_string(header(list, "epoch"));
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

  FreshetProcess reset = start("a", ", on_gap: reset_state");
  const Replay expected = replay(all_of(events()));
  ASSERT_TRUE(wait_for_log("a", "state: new", 2 * kPartitions));
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  std::map<std::string, std::int64_t> newest;
  while (newest != expected.newest_offset && std::chrono::steady_clock::now() < deadline) {
    newest.clear();  // By epoch first: the offsets began anew.
    std::map<std::string, std::int64_t> epoch;
    const auto all = all_of(lists());
    for (const TopicRecord& list : all) {
      if (header(list, "epoch") < epoch[list.key]) continue;
      epoch[list.key] = header(list, "epoch");
      newest[list.key] = header(list, "offset");
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
    const auto all = all_of(lists());
    for (const TopicRecord& list : all) {
      if (header(list, "partition") != partition_of[list.key]) continue;
      newest[list.key] = std::max(newest[list.key], header(list, "offset"));
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
