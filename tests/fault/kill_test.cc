#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <random>
#include <set>

#include "ingest/event_decoder.h"
#include "state/fold.h"
#include "state/rocksdb_store.h"
#include "state/user_state_codec.h"
#include "tests/fault/freshet_process.h"
#include "tests/kafka/kafka_broker.h"
#include "tests/kafka/kafka_topics.h"

namespace freshet::test {
namespace {

using namespace std::chrono_literals;

constexpr int kPartitions = 3;
constexpr int kRounds = 4;
constexpr int kEventsPerRound = 3'000;

/// Users and the bytes of their states, per partition.
using States = std::map<std::int32_t, std::map<std::string, std::string>>;

class KillTest : public testing::Test {
 protected:
  KillTest() : seed_(std::random_device{}()), random_(seed_) {
    std::string path = std::filesystem::temp_directory_path() / "freshet-kill-XXXXXX";
    directory_ = mkdtemp(path.data());
    RecordProperty("seed", std::to_string(seed_));
  }
  ~KillTest() override { std::filesystem::remove_all(directory_); }

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
    std::mutex mutex;
    std::condition_variable never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, std::chrono::milliseconds(1'500 + random_() % 2'000));
  }

  std::string log() const {
    std::ifstream file(directory_ + "/log");
    return {std::istreambuf_iterator<char>(file), {}};
  }

  const std::uint64_t seed_;
  std::mt19937_64 random_;
  std::string directory_;
  std::int64_t time_ms_ = 1'750'000'000'000;
};

/// What a log says should be: folded by one thread, one record at a time.
struct Replay {
  States states;
  std::map<std::string, std::int64_t> newest_offset;       // By user.
  std::set<std::pair<std::int32_t, std::int64_t>> broken;  // Partition, offset.
};

Replay replay(const std::vector<TopicRecord>& records) {
  Replay result;
  EventDecoder decoder{IngestConfig{}};
  const Fold fold{StateConfig{}};
  std::map<std::int32_t, std::map<std::string, UserState>> states;
  std::vector<TrainingExample> examples;
  for (const TopicRecord& record : records) {
    const auto event = decoder.decode({PartitionId{record.partition}, Offset{record.offset},
                                       EventTime(std::chrono::milliseconds(record.timestamp_ms)),
                                       record.key, std::string_view(*record.value)});
    if (!event) {
      result.broken.emplace(record.partition, record.offset);
      continue;
    }
    examples.clear();
    fold.apply(**event, {PartitionId{record.partition}, Offset{record.offset}},
               states[record.partition][(*event)->user], examples);
    result.newest_offset[(*event)->user] = record.offset;
  }
  for (const auto& [partition, users] : states) {
    for (const auto& [user, state] : users) result.states[partition][user] = encode(state);
  }
  return result;
}

States stored_states(const std::string& directory) {
  const RocksDbResources resources{StateConfig{}};
  States states;
  for (std::int32_t partition = 0; partition < kPartitions; ++partition) {
    auto store =
        RocksDbStore::open(directory + "/state/partition-" + std::to_string(partition), resources);
    EXPECT_TRUE(store.has_value()) << store.error().text;
    if (!store) continue;
    EXPECT_TRUE((*store)->visit_users([&](std::string_view user, std::string_view state) {
      states[partition].emplace(user, state);
    }));
  }
  return states;
}

std::int64_t header(const TopicRecord& record, const std::string& name) {
  for (const auto& [key, value] : record.headers) {
    if (key == name) return std::stoll(value);
  }
  return -1;
}

/// Newest offset that a consumer of the lists holds per user, by the rule of the newest
/// (offset, epoch).
std::map<std::string, std::int64_t> newest_lists(const std::vector<TopicRecord>& lists) {
  std::map<std::string, std::int64_t> newest;
  for (const TopicRecord& list : lists) {
    std::int64_t& offset = newest.try_emplace(list.key, -1).first->second;
    offset = std::max(offset, header(list, "offset"));
  }
  return newest;
}

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

  EXPECT_EQ(stored_states(directory_), expected.states) << "seed " << seed_;
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
