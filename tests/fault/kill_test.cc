#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <random>
#include <set>

#include "tests/fakes/temporary_directory.h"
#include "tests/fault/fault_replay.h"
#include "tests/fault/freshet_process.h"
#include "tests/kafka/kafka_broker.h"
#include "tests/kafka/kafka_topics.h"

namespace freshet::test {
namespace {

using namespace std::chrono_literals;

constexpr int kPartitions = 3;
constexpr int kRounds = 4;
constexpr int kEventsPerRound = 3'000;

class KillTest : public testing::Test {
 protected:
  KillTest() : seed_(std::random_device{}()), random_(seed_) {
    RecordProperty("seed", std::to_string(seed_));
  }

  void write_config(const std::string& brokers) {
    std::ofstream(directory_ + "/freshet.yaml")
        << "ingest:\n  kafka: {brokers: '" << brokers << "', group: kill-" << seed_
        << ", events_topic: events, items_topic: '', instance: kill-test}\n"
        << "state: {directory: " << directory_ << "/state}\n"
        << "scoring:\n  network: {enabled: false}\n"
        << "  learning: {directory: " << directory_ << "/model, checkpoint_interval: 1s}\n"
        << "sinks:\n  kafka: {brokers: '" << brokers
        << "', lists_topic: lists, dead_letters_topic: dead-letters, delivery_timeout: 5s}\n"
        << "  http: {port: 0}\n";
  }

  FreshetProcess start() {
    return FreshetProcess(directory_ + "/freshet.yaml", directory_ + "/log");
  }

  std::vector<TopicRecord> next_events() {
    std::vector<TopicRecord> records;
    for (int i = 0; i < kEventsPerRound; ++i, ++time_ms_) {
      TopicRecord& record = records.emplace_back();
      record.key = "user-" + std::to_string(random_() % 300);
      record.value = random_() % 100 == 0
                         ? "{\"broken\""
                         : R"({"event_id":")" + std::to_string(time_ms_) +
                               R"(","type":"click","user_id":")" + record.key +
                               R"(","item_id":"item-)" + std::to_string(random_() % 200) +
                               R"(","event_time":)" + std::to_string(time_ms_) + "}";
    }
    return records;
  }

  /// Lets the process work for a moment that nobody chose.
  void wait_for_a_random_moment() {
    pass_time(std::chrono::milliseconds(1'500 + random_() % 2'000));
  }

  std::string log() const {
    std::ifstream file(directory_ + "/log");
    return {std::istreambuf_iterator<char>(file), {}};
  }

  const std::uint64_t seed_;
  std::mt19937_64 random_;
  const TemporaryDirectory scratch_;
  const std::string directory_ = scratch_.path();
  std::int64_t time_ms_ = 1'750'000'000'000;
};

TEST_F(KillTest, LosesNothingAndRepeatsNothingOverKillsAndRestarts) {
  FRESHET_KAFKA_OR_SKIP(broker);
  ASSERT_TRUE(create_topic(broker.brokers(), "events", kPartitions));
  ASSERT_TRUE(create_topic(broker.brokers(), "lists", kPartitions));
  ASSERT_TRUE(create_topic(broker.brokers(), "dead-letters", 1));
  write_config(broker.brokers());
  for (int round = 0; round < kRounds; ++round) {
    FreshetProcess process = start();
    ASSERT_TRUE(produce(broker.brokers(), "events", next_events()));
    wait_for_a_random_moment();
    ASSERT_TRUE(process.is_running()) << log();
    process.kill9();
  }
  FreshetProcess process = start();
  ASSERT_TRUE(produce(broker.brokers(), "events", next_events()));
  const auto events = consume_all(broker.brokers(), "events");
  ASSERT_TRUE(events.has_value()) << events.error().text;
  const Replay expected = replay(*events);

  const auto deadline = std::chrono::steady_clock::now() + 60s;
  std::map<std::string, std::int64_t> newest;
  while (newest != expected.newest_offset && std::chrono::steady_clock::now() < deadline) {
    const auto lists = consume_all(broker.brokers(), "lists");
    ASSERT_TRUE(lists.has_value()) << lists.error().text;
    newest = newest_lists(*lists);
  }
  EXPECT_EQ(newest, expected.newest_offset) << "every user has a list of the newest event";
  ASSERT_TRUE(process.is_running()) << log();
  EXPECT_EQ(process.stop(), 0) << log();

  EXPECT_EQ(stored_states(directory_ + "/state", kPartitions), expected.states) << "seed " << seed_;
  const auto letters = consume_all(broker.brokers(), "dead-letters");
  ASSERT_TRUE(letters.has_value());
  std::set<std::pair<std::int32_t, std::int64_t>> broken;
  for (const TopicRecord& letter : *letters) {
    broken.emplace(header(letter, "partition"), header(letter, "offset"));
  }
  EXPECT_EQ(broken, expected.broken);
}

}  // namespace
}  // namespace freshet::test
