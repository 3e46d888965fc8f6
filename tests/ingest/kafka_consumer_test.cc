#include "ingest/kafka_consumer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include <set>

#include "booking_owner.h"
#include "ingest/kafka_admin.h"
#include "ingest/kafka_topic_reader.h"
#include "mock_kafka.h"

namespace freshet {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

constexpr int kPartitionCount = 4;

class KafkaConsumerTest : public testing::Test {
 protected:
  void SetUp() override { kafka_.create_topic("events", kPartitionCount); }

  virtual KafkaSourceConfig config() const { return kafka_.config(); }

  void produce(int count, int first = 0) {
    for (int i = first; i < first + count; ++i) {
      kafka_.produce("events", i % kPartitionCount, "key", std::to_string(i));
    }
    kafka_.flush();
  }

  std::unique_ptr<KafkaConsumer> open(PartitionOwner& owner) {
    auto consumer = KafkaConsumer::open(config(), owner);
    EXPECT_TRUE(consumer) << consumer.error().text;
    return consumer ? std::move(*consumer) : nullptr;
  }

  // True when `done` came about before the deadline.
  template <class Step, class Done>
  static bool step_until(Step step, Done done) {
    const auto deadline = std::chrono::steady_clock::now() + seconds{30};
    while (!done()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      step();
    }
    return true;
  }

  // Every partition's values must be its numbers, once each and in order.
  static void expect_all_once_in_order(const Books& books, int count) {
    for (int p = 0; p < kPartitionCount; ++p) {
      std::vector<std::string> expected;
      for (int i = p; i < count; i += kPartitionCount) expected.push_back(std::to_string(i));
      ASSERT_TRUE(books.values.contains(PartitionId{p})) << "partition " << p;
      EXPECT_EQ(books.values.at(PartitionId{p}), expected) << "partition " << p;
    }
  }

  MockKafka kafka_;
};

class KafkaAssignmentTest : public KafkaConsumerTest,
                            public testing::WithParamInterface<const char*> {
 protected:
  KafkaSourceConfig config() const override {
    KafkaSourceConfig config = kafka_.config();
    config.assignment = GetParam();
    return config;
  }
};

TEST_P(KafkaAssignmentTest, DeliversEveryRecordOnceAndInOrder) {
  constexpr int kCount = 20'000;
  produce(kCount);
  Books books;
  BookingOwner owner(books);
  const auto consumer = open(owner);
  ASSERT_NE(consumer, nullptr);

  std::size_t count = 0;
  const bool done = step_until(
      [&] {
        EXPECT_TRUE(consumer->run_once(milliseconds{1}));
        count += owner.read_some();
      },
      [&] { return count >= kCount; });

  EXPECT_TRUE(done);
  expect_all_once_in_order(books, kCount);
  EXPECT_EQ(owner.source(PartitionId{1}).watermarks().high, Offset{kCount / kPartitionCount});
}

TEST_F(KafkaConsumerTest, TellsWhenAskedTheGroupKnewItsMember) {
  const SystemClock clock;
  Books books;
  BookingOwner owner(books);
  const BootTime before = clock.boot_now();
  const auto consumer = open(owner);
  ASSERT_NE(consumer, nullptr);

  const bool confirmed = step_until([&] { EXPECT_TRUE(consumer->run_once(milliseconds{1})); },
                                    [&] { return owner.newest_confirmation().has_value(); });

  ASSERT_TRUE(confirmed) << "an assignment alone proves nothing, an accepted commit does";
  EXPECT_GT(*owner.newest_confirmation(), before);
  EXPECT_LT(*owner.newest_confirmation(), clock.boot_now());
}

TEST_F(KafkaConsumerTest, WakesAPollThatWaits) {
  Books books;
  BookingOwner owner(books);
  const auto consumer = open(owner);
  ASSERT_NE(consumer, nullptr);
  ASSERT_TRUE(step_until([&] { EXPECT_TRUE(consumer->run_once(milliseconds{1})); },
                         [&] { return owner.owned_count() == kPartitionCount; }));
  RecordSource& source = owner.source(PartitionId{0});

  const auto begin = std::chrono::steady_clock::now();
  std::jthread waker([&] { source.wake(); });
  const auto polled = source.poll(10, seconds{60});

  ASSERT_TRUE(polled);
  EXPECT_TRUE(polled->empty());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds{30});
}

TEST_F(KafkaConsumerTest, StartsAtTheOwnersOffset) {
  produce(400);
  Books books;
  for (int p = 0; p < kPartitionCount; ++p) books.next[PartitionId{p}] = Offset{60 + p};
  BookingOwner owner(books);
  const auto consumer = open(owner);
  ASSERT_NE(consumer, nullptr);

  std::size_t count = 0;
  const bool done = step_until(
      [&] {
        EXPECT_TRUE(consumer->run_once(milliseconds{1}));
        count += owner.read_some();
      },
      [&] { return count >= 400 - 4 * 60 - (0 + 1 + 2 + 3); });

  EXPECT_TRUE(done);
  for (int p = 0; p < kPartitionCount; ++p) {
    EXPECT_EQ(books.values[PartitionId{p}].front(), std::to_string((60 + p) * kPartitionCount + p));
  }
}

TEST_P(KafkaAssignmentTest, LosesAndRepeatsNothingWhenMembersComeAndGo) {
  constexpr int kCount = 8'000;
  Books books;
  BookingOwner first_owner(books);
  BookingOwner second_owner(books);
  auto first = open(first_owner);
  ASSERT_NE(first, nullptr);
  std::unique_ptr<KafkaConsumer> second;
  int produced = 0;
  int produced_max = kCount / 2;
  std::size_t count = 0;
  const auto step = [&] {
    if (produced < produced_max) {
      produce(100, produced);
      produced += 100;
    }
    EXPECT_TRUE(first->run_once(milliseconds{5}));
    count += first_owner.read_some();
    if (!second) return;
    EXPECT_TRUE(second->run_once(milliseconds{5}));
    count += second_owner.read_some();
  };

  ASSERT_TRUE(step_until(step, [&] { return first_owner.owned_count() == kPartitionCount; }));
  second = open(second_owner);
  ASSERT_NE(second, nullptr);
  const auto both_own = [&] {
    return second_owner.owned_count() > 0 &&
           first_owner.owned_count() + second_owner.owned_count() == kPartitionCount;
  };
  EXPECT_TRUE(step_until(step, both_own)) << "the second member got nothing";
  second.reset();
  EXPECT_EQ(second_owner.owned_count(), 0u);
  EXPECT_TRUE(step_until(step, [&] { return first_owner.owned_count() == kPartitionCount; }));
  produced_max = kCount;
  EXPECT_TRUE(step_until(step, [&] { return count >= kCount; })) << count << " of " << kCount;

  expect_all_once_in_order(books, kCount);
}

TEST_F(KafkaConsumerTest, PassesOnWhyAnOwnerRefusedAPartition) {
  Books books;
  BookingOwner owner(books);
  owner.refuse();
  const auto consumer = open(owner);
  ASSERT_NE(consumer, nullptr);

  Status last;
  EXPECT_TRUE(
      step_until([&] { last = consumer->run_once(milliseconds{5}); }, [&] { return !last; }));

  ASSERT_FALSE(last);
  EXPECT_THAT(last.error().text, HasSubstr("the directory is locked"));
}

TEST_F(KafkaConsumerTest, RefusesAStartBeyondTheLog) {
  produce(40);
  Books books;
  books.next[PartitionId{2}] = Offset{11};
  BookingOwner owner(books);
  const auto consumer = open(owner);
  ASSERT_NE(consumer, nullptr);

  Status last;
  EXPECT_TRUE(
      step_until([&] { last = consumer->run_once(milliseconds{5}); }, [&] { return !last; }));

  ASSERT_FALSE(last);
  EXPECT_EQ(last.error().code, ErrorCode::kCorrupt);
  EXPECT_THAT(last.error().text, HasSubstr("partition 2"));
  EXPECT_THAT(last.error().text, HasSubstr("offset 11"));
}

TEST_F(KafkaConsumerTest, CloseRevokesEverything) {
  Books books;
  BookingOwner owner(books);
  const auto consumer = open(owner);
  ASSERT_NE(consumer, nullptr);
  ASSERT_TRUE(step_until([&] { EXPECT_TRUE(consumer->run_once(milliseconds{5})); },
                         [&] { return owner.owned_count() == kPartitionCount; }));

  consumer->close();

  EXPECT_EQ(owner.owned_count(), 0u);
}

TEST_F(KafkaConsumerTest, ALeaderLeavesBeforeItsFirstAssignment) {
  constexpr std::int16_t kSyncGroup = 14;
  constexpr std::size_t kRefusals = 100;
  for (std::size_t i = 0; i < kRefusals; ++i) {
    rd_kafka_mock_broker_push_request_error_rtts(kafka_.cluster(), 1, kSyncGroup, 1,
                                                 RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, 0);
  }
  Books books;
  BookingOwner owner(books);
  const auto consumer = open(owner);
  ASSERT_NE(consumer, nullptr);
  std::size_t left = kRefusals;
  const auto was_refused = [&] {
    rd_kafka_mock_broker_error_stack_cnt(kafka_.cluster(), 1, kSyncGroup, &left);
    return left < kRefusals;
  };
  ASSERT_TRUE(step_until([&] { EXPECT_TRUE(consumer->run_once(milliseconds{5})); }, was_refused));

  consumer->close();

  EXPECT_TRUE(books.values.empty());
}

INSTANTIATE_TEST_SUITE_P(Protocol, KafkaAssignmentTest,
                         testing::Values("cooperative-sticky", "range"), [](const auto& test) {
                           return std::string(test.param) == "range" ? "Range" : "Cooperative";
                         });

TEST(KafkaConsumer, SaysThatTheTopicIsMissing) {
  MockKafka kafka;
  // The mock makes every topic it is asked about, so the answer is injected.
  rd_kafka_mock_topic_set_error(kafka.cluster(), "events", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  Books books;
  BookingOwner owner(books);

  const auto consumer = KafkaConsumer::open(kafka.config(), owner, seconds{5});

  ASSERT_FALSE(consumer);
  EXPECT_EQ(consumer.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(consumer.error().text, HasSubstr("freshet topics create"));
}

TEST(KafkaConsumer, SaysThatTheBrokerIsUnreachable) {
  KafkaSourceConfig config;
  config.brokers = "127.0.0.1:1";  // Nobody listens on the reserved port 1.
  Books books;
  BookingOwner owner(books);

  const auto consumer = KafkaConsumer::open(config, owner, milliseconds{300});

  ASSERT_FALSE(consumer);
  EXPECT_EQ(consumer.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(consumer.error().text, HasSubstr("127.0.0.1:1"));
  EXPECT_THAT(consumer.error().text, HasSubstr("ingest.kafka.brokers"));
}

TEST(KafkaConsumer, NamesAPropertyThatLibrdkafkaDoesNotKnow) {
  KafkaSourceConfig config;
  config.properties["securty.protocol"] = "ssl";
  Books books;
  BookingOwner owner(books);

  const auto consumer = KafkaConsumer::open(config, owner);

  ASSERT_FALSE(consumer);
  EXPECT_EQ(consumer.error().code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(consumer.error().text, HasSubstr("securty.protocol"));
}

TEST(KafkaTopicReader, ReadsAllPartitionsAndSaysWhenItReachedTheEnd) {
  MockKafka kafka;
  kafka.create_topic("items", 3);
  for (int i = 0; i < 300; ++i) kafka.produce("items", i % 3, std::to_string(i), "{}");
  kafka.flush();
  const auto reader = KafkaTopicReader::open(kafka.config(), "items");
  ASSERT_TRUE(reader) << reader.error().text;

  std::set<std::string> keys;
  EXPECT_FALSE((*reader)->reached_end());
  const auto deadline = std::chrono::steady_clock::now() + seconds{20};
  while (!(*reader)->reached_end() && std::chrono::steady_clock::now() < deadline) {
    const auto polled = (*reader)->poll(50, milliseconds{100});
    ASSERT_TRUE(polled) << polled.error().text;
    for (const Record& record : *polled) keys.emplace(record.key);
  }

  EXPECT_TRUE((*reader)->reached_end());
  EXPECT_EQ(keys.size(), 300u);
}

TEST(KafkaAdmin, CountsPartitions) {
  MockKafka kafka;
  kafka.create_topic("events", 7);
  const auto admin = KafkaAdmin::open(kafka.config());
  ASSERT_TRUE(admin) << admin.error().text;

  const auto count = (*admin)->partition_count("events");

  ASSERT_TRUE(count) << count.error().text;
  EXPECT_EQ(*count, 7u);
}

}  // namespace
}  // namespace freshet
