#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <random>
#include <set>

#include "docs/examples/newest_lists.h"
#include "tests/fakes/temporary_directory.h"
#include "tests/fault/freshet_process.h"
#include "tests/kafka/kafka_broker.h"
#include "tests/kafka/kafka_topics.h"

namespace freshet::test {
namespace {

using namespace std::chrono_literals;

constexpr auto kSessionTimeout = 4s;
/// What the producer of a suspended process may still hold; it goes out when the process wakes up.
constexpr std::size_t kInFlightMax = 16;
constexpr int kUsers = 20'000;

void wait(std::chrono::milliseconds time) {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, time);
}

/// One instance of the group with its own state directory and its own topic of lists.
struct Instance {
  Instance(const std::string& brokers, const std::string& its_name, const std::string& group)
      : name(its_name),
        config(directory.write("freshet.yaml",
                               "ingest:\n  kafka: {brokers: '" + brokers + "', group: " + group +
                                   ", events_topic: events, items_topic: '', session_timeout: " +
                                   std::to_string(kSessionTimeout.count()) +
                                   "s}\nstate: {directory: " + directory.path() +
                                   "/state}\nscoring:\n  network: {enabled: false}\n"
                                   "  learning: {directory: ''}\nsinks:\n  kafka: {brokers: '" +
                                   brokers + "', lists_topic: " + its_name +
                                   ", dead_letters_topic: dead-letters, delivery_timeout: 2s, "
                                   "in_flight_max: " +
                                   std::to_string(kInFlightMax) + "}\n  http: {port: 0}\n")) {}

  std::string log() const {
    std::ifstream file(directory.path() + "/log");
    return {std::istreambuf_iterator<char>(file), {}};
  }

  TemporaryDirectory directory;
  std::string name;
  std::string config;
  FreshetProcess process{config, directory.path() + "/log"};
};

std::vector<TopicRecord> clicks(int count) {
  static std::int64_t time_ms = 1'750'000'000'000;
  std::vector<TopicRecord> records;
  for (int i = 0; i < count; ++i, ++time_ms) {
    TopicRecord& record = records.emplace_back();
    record.key = "user-" + std::to_string(i % kUsers);
    record.value = R"({"event_id":")" + std::to_string(time_ms) +
                   R"(","type":"click","user_id":")" + record.key +
                   R"(","item_id":"item","event_time":)" + std::to_string(time_ms) + "}";
  }
  return records;
}

std::vector<TopicRecord> lists_of(const std::string& brokers, const std::string& topic) {
  auto lists = consume_all(brokers, topic);
  EXPECT_TRUE(lists) << lists.error().text;
  return lists ? std::move(*lists) : std::vector<TopicRecord>{};
}

std::int64_t header(const TopicRecord& record, const std::string& name) {
  for (const auto& [key, value] : record.headers) {
    if (key == name) return std::stoll(value);
  }
  return -1;
}

/// Waits until `topic` holds at least `count` lists; returns what it holds.
std::vector<TopicRecord> await_lists(const std::string& brokers, const Instance& instance,
                                     std::size_t count) {
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  std::vector<TopicRecord> lists = lists_of(brokers, instance.name);
  while (lists.size() < count && std::chrono::steady_clock::now() < deadline) {
    wait(200ms);
    lists = lists_of(brokers, instance.name);
  }
  EXPECT_GE(lists.size(), count) << instance.log();
  return lists;
}

TEST(Zombie, PublishesNothingAfterItWakesUpWithoutItsPartition) {
  FRESHET_KAFKA_OR_SKIP(broker);
  ASSERT_TRUE(create_topic(broker.brokers(), "events", 1));
  ASSERT_TRUE(create_topic(broker.brokers(), "zombie", 1));
  ASSERT_TRUE(create_topic(broker.brokers(), "heir", 1));
  ASSERT_TRUE(create_topic(broker.brokers(), "dead-letters", 1));
  const std::string group = "zombies-" + std::to_string(std::random_device{}());
  Instance zombie(broker.brokers(), "zombie", group);
  // It falls asleep while thousands of users are owed a list.
  ASSERT_TRUE(produce(broker.brokers(), "events", clicks(kUsers)));
  await_lists(broker.brokers(), zombie, 1);
  zombie.process.suspend();
  const std::size_t asleep = lists_of(broker.brokers(), "zombie").size();
  ASSERT_LT(asleep, static_cast<std::size_t>(kUsers)) << "too fast for this test";

  Instance heir(broker.brokers(), "heir", group);
  const auto of_heir = await_lists(broker.brokers(), heir, 1);
  ASSERT_TRUE(produce(broker.brokers(), "events", clicks(100)));
  zombie.process.resume();
  // Until the group has answered it and its partition is taken from it, and longer.
  wait(kSessionTimeout + 2s);
  const auto of_zombie = lists_of(broker.brokers(), "zombie");

  EXPECT_LE(of_zombie.size(), asleep + kInFlightMax) << "only what was with the producer already:\n"
                                                     << zombie.log();
  ASSERT_TRUE(zombie.process.is_running()) << zombie.log();
  EXPECT_EQ(heir.process.stop(), 0) << heir.log();
  EXPECT_EQ(zombie.process.stop(), 0) << zombie.log();

  // What the zombie sent late comes after the heir's lists, and no user steps back.
  NewestLists consumer;
  std::map<std::string, std::int64_t> newest;
  auto all = lists_of(broker.brokers(), "heir");
  all.insert(all.end(), of_zombie.begin(), of_zombie.end());
  for (const TopicRecord& list : all) {
    const std::int64_t offset = header(list, "offset");
    if (!consumer.take(list.key, {offset, header(list, "epoch"), header(list, "revision")},
                       *list.value))
      continue;
    EXPECT_GE(offset, newest[list.key]);
    newest[list.key] = offset;
  }
}

}  // namespace
}  // namespace freshet::test
