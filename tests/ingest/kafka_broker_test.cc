// What only a real broker can show: topics made and missing, and a group's handover.
#include "tests/kafka/kafka_broker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "booking_owner.h"
#include "ingest/kafka_admin.h"
#include "ingest/kafka_topic_reader.h"
#include "tests/kafka/kafka_topics.h"

namespace freshet {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

KafkaSourceConfig config_of(const test::KafkaBroker& broker, const std::string& topic) {
  KafkaSourceConfig config;
  config.brokers = broker.brokers();
  config.events_topic = topic;
  config.group = topic;
  config.session_timeout = seconds{6};
  return config;
}

template <class Step, class Done>
bool step_until(Step step, Done done) {
  const auto deadline = std::chrono::steady_clock::now() + seconds{60};
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    step();
  }
  return true;
}

TEST(KafkaAdminOnABroker, MakesATopicOnce) {
  FRESHET_KAFKA_OR_SKIP(broker);
  const auto admin = KafkaAdmin::open(config_of(broker, "unused"));
  ASSERT_TRUE(admin) << admin.error().text;
  const NewTopic topic{"made", 3, 1, {{"cleanup.policy", "compact"}}};

  const auto first = (*admin)->create(topic);
  const auto second = (*admin)->create(topic);

  ASSERT_TRUE(first) << first.error().text;
  EXPECT_TRUE(*first);
  ASSERT_TRUE(second) << second.error().text;
  EXPECT_FALSE(*second);
  const auto count = (*admin)->partition_count("made");
  ASSERT_TRUE(count) << count.error().text;
  EXPECT_EQ(*count, 3u);
  EXPECT_TRUE((*admin)->exists("made").value_or(false));
  EXPECT_FALSE((*admin)->exists("never-made").value_or(true));
}

TEST(KafkaAdminOnABroker, PassesOnWhyTheBrokerRefuses) {
  FRESHET_KAFKA_OR_SKIP(broker);
  const auto admin = KafkaAdmin::open(config_of(broker, "unused"));
  ASSERT_TRUE(admin) << admin.error().text;

  const auto made = (*admin)->create({"bad", 1, 1, {{"cleanup.policy", "shred"}}});

  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(made.error().text, HasSubstr("shred"));
}

TEST(KafkaConsumerOnABroker, SaysThatTheTopicIsMissing) {
  FRESHET_KAFKA_OR_SKIP(broker);
  Books books;
  BookingOwner owner(books);

  const auto consumer = KafkaConsumer::open(config_of(broker, "no-such-topic"), owner);

  ASSERT_FALSE(consumer);
  EXPECT_EQ(consumer.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(consumer.error().text, HasSubstr("freshet topics create"));
}

TEST(KafkaTopicReaderOnABroker, ReadsTombstonesToTheEnd) {
  FRESHET_KAFKA_OR_SKIP(broker);
  ASSERT_TRUE(test::create_topic(broker.brokers(), "items", 2, {{"cleanup.policy", "compact"}}));
  ASSERT_TRUE(test::produce(broker.brokers(), "items",
                            {{.key = "a", .value = "{}"}, {.key = "b", .value = std::nullopt}}));
  const auto reader = KafkaTopicReader::open(config_of(broker, "unused"), "items");
  ASSERT_TRUE(reader) << reader.error().text;

  std::set<std::string> keys;
  std::size_t tombstones = 0;
  const auto step = [&] {
    const auto polled = (*reader)->poll(10, milliseconds{100});
    ASSERT_TRUE(polled) << polled.error().text;
    for (const Record& record : *polled) {
      keys.emplace(record.key);
      if (!record.value) ++tombstones;
    }
  };

  EXPECT_TRUE(step_until(step, [&] { return (*reader)->reached_end(); }));
  EXPECT_EQ(keys, (std::set<std::string>{"a", "b"}));
  EXPECT_EQ(tombstones, 1u);
}

class HandoverOnABroker : public testing::TestWithParam<const char*> {};

TEST_P(HandoverOnABroker, LosesAndRepeatsNothingWhenMembersComeAndGo) {
  FRESHET_KAFKA_OR_SKIP(broker);
  constexpr int kPartitionCount = 6;
  constexpr int kCount = 60'000;
  const std::string topic = std::string("handover-") + GetParam();
  ASSERT_TRUE(test::create_topic(broker.brokers(), topic, kPartitionCount));
  std::vector<test::TopicRecord> records;
  for (int i = 0; i < kCount; ++i) {
    records.push_back({.key = "k", .value = std::to_string(i), .partition = i % kPartitionCount});
  }
  ASSERT_TRUE(test::produce(broker.brokers(), topic, records));
  KafkaSourceConfig config = config_of(broker, topic);
  config.assignment = GetParam();

  Books books;
  BookingOwner first_owner(books);
  BookingOwner second_owner(books);
  auto first = KafkaConsumer::open(config, first_owner);
  ASSERT_TRUE(first) << first.error().text;
  std::unique_ptr<KafkaConsumer> second;
  std::size_t count = 0;
  bool reads = true;
  const auto step = [&] {
    EXPECT_TRUE((*first)->run_once(milliseconds{1}));
    if (second) {
      EXPECT_TRUE(second->run_once(milliseconds{1}));
    }
    for (const auto& [partition, next] : books.next) (*first)->commit(partition, next);
    // Half of the records are kept back, so that every handover has some under way.
    if (!reads) return;
    count += first_owner.read_some();
    count += second_owner.read_some();
    reads = count < kCount / 2;
  };
  for (int round = 0; round < 2; ++round) {
    ASSERT_TRUE(step_until(step, [&] { return first_owner.owned_count() == kPartitionCount; }));
    auto joined = KafkaConsumer::open(config, second_owner);
    ASSERT_TRUE(joined) << joined.error().text;
    second = std::move(*joined);
    ASSERT_TRUE(step_until(step, [&] {
      return second_owner.owned_count() > 0 &&
             first_owner.owned_count() + second_owner.owned_count() == kPartitionCount;
    }));
    second.reset();
  }
  const auto read_rest = [&] {
    step();
    count += first_owner.read_some();
  };
  EXPECT_TRUE(step_until(read_rest, [&] { return count >= kCount; })) << count << " of " << kCount;

  for (int p = 0; p < kPartitionCount; ++p) {
    std::vector<std::string> expected;
    for (int i = p; i < kCount; i += kPartitionCount) expected.push_back(std::to_string(i));
    EXPECT_EQ(books.values[PartitionId{p}], expected) << "partition " << p;
  }
}

INSTANTIATE_TEST_SUITE_P(Protocol, HandoverOnABroker,
                         testing::Values("cooperative-sticky", "range"), [](const auto& test) {
                           return std::string(test.param) == "range" ? "Range" : "Cooperative";
                         });

}  // namespace
}  // namespace freshet
