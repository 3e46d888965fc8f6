#include "sinks/kafka_publisher.h"

#include <gtest/gtest.h>
#include <rapidjson/document.h>
#include <time.h>

#include <atomic>
#include <map>
#include <mutex>
#include <string>

#include "tests/sinks/kafka_fixture.h"
#include "tests/sinks/sample_lists.h"

namespace freshet {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kPartitions = 3;

/// Counts the answers, by the position's offset.
class Answers {
 public:
  DeliveryHandlers handlers() {
    return {.on_list = [this](const ListDelivery& d) { add(d.position.offset, d.delivered); },
            .on_dead_letter = [this](const DeadLetterDelivery& d) { add(d.offset, d.delivered); }};
  }
  std::map<std::int64_t, int> delivered() const { return locked(delivered_); }
  std::map<std::int64_t, int> given_up() const { return locked(given_up_); }

 private:
  using Counts = std::map<std::int64_t, int>;
  void add(Offset offset, bool delivered) {
    std::lock_guard lock(mutex_);
    ++(delivered ? delivered_ : given_up_)[offset.value];
  }
  Counts locked(const Counts& counts) const {
    std::lock_guard lock(mutex_);
    return counts;
  }
  mutable std::mutex mutex_;
  Counts delivered_;
  Counts given_up_;
};

class KafkaPublisherTest : public ::testing::Test {
 protected:
  KafkaPublisherTest() {
    kafka_.create_topic("lists", kPartitions);
    kafka_.create_topic("dead", kPartitions);
    config_.kafka.brokers = kafka_.brokers();
    config_.kafka.lists_topic = "lists";
    config_.kafka.dead_letters_topic = "dead";
  }

  std::unique_ptr<KafkaPublisher> publisher() {
    auto made = KafkaPublisher::create(config_, answers_.handlers(), clock_);
    EXPECT_TRUE(made) << made.error().text;
    return *std::move(made);
  }

  MockKafka kafka_;
  SinksConfig config_;
  Answers answers_;
  const StoppedClock clock_{at_ms(4321)};
};

TEST_F(KafkaPublisherTest, DeliversEveryListOnceUnderItsUser) {
  constexpr int kLists = 200;
  auto publisher = this->publisher();
  ASSERT_TRUE(publisher->check(seconds(10)));
  for (int i = 0; i < kLists; ++i) {
    ASSERT_TRUE(publisher->publish(list_of("user-" + std::to_string(i), Offset{i})));
  }
  ASSERT_TRUE(publisher->flush(seconds(10)));
  EXPECT_EQ(publisher->in_flight(), 0U);

  const auto delivered = answers_.delivered();
  ASSERT_EQ(delivered.size(), static_cast<std::size_t>(kLists));
  for (const auto& [offset, times] : delivered) EXPECT_EQ(times, 1) << offset;
  std::map<std::string, int> seen;
  for (const ReadRecord& record : read_all(kafka_, "lists", kPartitions)) {
    ++seen[record.key];
    rapidjson::Document json;
    json.Parse(record.value.c_str());
    ASSERT_FALSE(json.HasParseError());
    EXPECT_EQ(json["user_id"].GetString(), record.key);
    EXPECT_EQ(json["published_time"].GetInt64(), 4321);
    EXPECT_EQ("user-" + record.headers.at("offset"), record.key);
    EXPECT_EQ(record.headers.at("partition"), "3");
    EXPECT_EQ(record.headers.at("epoch"), "7");
    EXPECT_EQ(record.headers.at("model_version"), "99");
  }
  ASSERT_EQ(seen.size(), static_cast<std::size_t>(kLists));
  for (const auto& [user, times] : seen) EXPECT_EQ(times, 1) << user;
}

TEST_F(KafkaPublisherTest, ChoosesPartitionsAsJavaProducersDo) {
  // murmur2("21") & 0x7fffffff = 973932308 (Apache Kafka's UtilsTest) and its like; 3 partitions.
  auto publisher = this->publisher();
  ASSERT_TRUE(publisher->publish(list_of("21")));
  ASSERT_TRUE(publisher->flush(seconds(10)));
  const auto records = read_all(kafka_, "lists", kPartitions);
  ASSERT_EQ(records.size(), 1U);
  const auto murmur2 = static_cast<std::uint32_t>(-973932308) & 0x7fffffffU;
  EXPECT_EQ(records[0].partition, static_cast<int>(murmur2 % kPartitions));
}

TEST_F(KafkaPublisherTest, SendsDeadLettersWithTheOriginalBytes) {
  const std::string original("{bro\0ken \xFF", 11);
  auto publisher = this->publisher();
  ASSERT_TRUE(publisher->publish(dead_letter_of(original)));
  ASSERT_TRUE(publisher->flush(seconds(10)));

  const auto records = read_all(kafka_, "dead", kPartitions);
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].key, "user-1");
  EXPECT_EQ(records[0].value, original);
  EXPECT_EQ(records[0].headers.at("reason"), "bad_time");
  EXPECT_EQ(records[0].headers.at("text"), "event_time is in seconds; send milliseconds");
  EXPECT_EQ(records[0].headers.at("topic"), "freshet.events");
  EXPECT_EQ(records[0].headers.at("partition"), "2");
  EXPECT_EQ(records[0].headers.at("offset"), "5");
  EXPECT_FALSE(records[0].headers.contains("cut"));
  EXPECT_EQ(answers_.delivered(), (std::map<std::int64_t, int>{{5, 1}}));
}

TEST_F(KafkaPublisherTest, CutsLongDeadLettersAndSaysSo) {
  config_.dead_letter_bytes_max = 100;
  auto publisher = this->publisher();
  ASSERT_TRUE(publisher->publish(dead_letter_of(std::string(1000, 'x'))));
  ASSERT_TRUE(publisher->flush(seconds(10)));
  const auto records = read_all(kafka_, "dead", kPartitions);
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].value.size(), 100U);
  EXPECT_EQ(records[0].headers.at("cut"), "true");
}

TEST_F(KafkaPublisherTest, SendsASmallerDeadLetterAfterTheBrokerRefusedItsSize) {
  auto publisher = this->publisher();
  kafka_.fail_produce_requests({RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE});
  ASSERT_TRUE(publisher->publish(dead_letter_of(std::string(100'000, 'x'))));
  ASSERT_TRUE(publisher->flush(seconds(10)));
  EXPECT_EQ(answers_.given_up(), (std::map<std::int64_t, int>{{5, 1}}));

  ASSERT_TRUE(publisher->publish(dead_letter_of(std::string(100'000, 'x'))));
  ASSERT_TRUE(publisher->flush(seconds(10)));
  const auto records = read_all(kafka_, "dead", kPartitions);
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].value.size(), 50'000U);
}

TEST_F(KafkaPublisherTest, TriesAgainWhenTheBrokerIsInTrouble) {
  auto publisher = this->publisher();
  kafka_.fail_produce_requests({RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                                RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
                                RD_KAFKA_RESP_ERR__TRANSPORT});
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(publisher->publish(list_of("user-" + std::to_string(i), Offset{i})));
  }
  ASSERT_TRUE(publisher->flush(seconds(10)));
  EXPECT_EQ(answers_.delivered().size(), 20U);
  EXPECT_TRUE(answers_.given_up().empty());
  EXPECT_EQ(read_all(kafka_, "lists", kPartitions).size(), 20U);
}

TEST_F(KafkaPublisherTest, GivesUpAfterTheDeliveryTimeout) {
  config_.kafka.delivery_timeout = milliseconds(300);
  auto publisher = this->publisher();
  ASSERT_TRUE(publisher->check(seconds(10)));
  kafka_.set_down(true);
  ASSERT_TRUE(publisher->publish(list_of("anna", Offset{1})));
  const Status early = publisher->flush(milliseconds(1));
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code, ErrorCode::kTimedOut);
  EXPECT_NE(early.error().text.find(kafka_.brokers()), std::string::npos) << early.error().text;

  ASSERT_TRUE(publisher->flush(seconds(10)));
  EXPECT_EQ(answers_.given_up(), (std::map<std::int64_t, int>{{1, 1}}));
  EXPECT_TRUE(answers_.delivered().empty());
}

TEST_F(KafkaPublisherTest, WaitsWhileTooManyAreInFlight) {
  config_.kafka.in_flight_max = 10;
  auto publisher = this->publisher();
  ASSERT_TRUE(publisher->check(seconds(10)));
  kafka_.set_round_trip(milliseconds(20));
  std::size_t in_flight_most = 0;
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(publisher->publish(list_of("user-" + std::to_string(i), Offset{i})));
    in_flight_most = std::max(in_flight_most, publisher->in_flight());
  }
  ASSERT_TRUE(publisher->flush(seconds(10)));
  EXPECT_LE(in_flight_most, 11U);
  EXPECT_EQ(answers_.delivered().size(), 100U);
}

/// Of all threads of this process so far.
std::chrono::nanoseconds processor_time() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

// librdkafka's thread would poll without a pause while more than it may send waits (ADR 0028).
TEST_F(KafkaPublisherTest, SpendsNoProcessorTimeOnWaitingForAnswers) {
  constexpr auto kRoundTrip = milliseconds(500);
  constexpr int kLists = 3'000;  // More than are queued before the first goes.
  auto publisher = this->publisher();
  ASSERT_TRUE(publisher->publish(list_of("anna")));
  ASSERT_TRUE(publisher->flush(seconds(10)));  // So that nothing waits for the producer's id.
  kafka_.set_round_trip(kRoundTrip);
  const auto before = processor_time();
  for (int i = 0; i < kLists; ++i) ASSERT_TRUE(publisher->publish(list_of("anna", Offset{i})));
  ASSERT_TRUE(publisher->flush(seconds(20)));
  EXPECT_LT(processor_time() - before, kRoundTrip / 2);
  EXPECT_EQ(answers_.delivered().size(), static_cast<std::size_t>(kLists));
}

TEST_F(KafkaPublisherTest, KeepsTheOrderOfAUsersLists) {
  auto publisher = this->publisher();
  kafka_.fail_produce_requests(
      {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION});
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(publisher->publish(list_of(i % 2 == 0 ? "anna" : "bert", Offset{i})));
  }
  ASSERT_TRUE(publisher->flush(seconds(20)));
  std::map<std::string, int> newest;
  for (const ReadRecord& record : read_all(kafka_, "lists", kPartitions)) {
    const int offset = std::stoi(record.headers.at("offset"));
    const auto [it, is_first] = newest.try_emplace(record.key, offset);
    EXPECT_TRUE(is_first || it->second < offset) << record.key << ": " << offset;
    it->second = offset;
  }
  EXPECT_EQ(newest, (std::map<std::string, int>{{"anna", 298}, {"bert", 299}}));
}

TEST_F(KafkaPublisherTest, AnswersWhatIsInFlightWhenItEnds) {
  auto publisher = this->publisher();
  ASSERT_TRUE(publisher->check(seconds(10)));
  kafka_.set_down(true);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(publisher->publish(list_of("anna", Offset{i})));
  publisher.reset();
  EXPECT_EQ(answers_.given_up().size(), 5U);
  for (const auto& [offset, times] : answers_.given_up()) EXPECT_EQ(times, 1) << offset;
}

TEST_F(KafkaPublisherTest, SaysThatItFailedForGood) {
  kafka_.refuse_producer(RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED);
  auto publisher = this->publisher();
  // Taken or refused, depending on whether the broker has answered by now.
  const Status first = publisher->publish(list_of("anna", Offset{1}));
  ASSERT_TRUE(publisher->flush(seconds(10)));
  if (first) {
    EXPECT_EQ(answers_.given_up(), (std::map<std::int64_t, int>{{1, 1}}));
  }

  const Status later = publisher->publish(list_of("anna", Offset{2}));
  ASSERT_FALSE(later);
  EXPECT_EQ(later.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(later.error().text.find("failed for good"), std::string::npos) << later.error().text;
  EXPECT_FALSE(answers_.given_up().contains(2)) << "an error returned, so no answer";
}

TEST_F(KafkaPublisherTest, SaysClearlyThatNoBrokerAnswers) {
  config_.kafka.brokers = "127.0.0.1:1";
  const Status status = publisher()->check(milliseconds(300));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(status.error().text.find("no Kafka broker answers at 127.0.0.1:1"), std::string::npos)
      << status.error().text;
}

TEST_F(KafkaPublisherTest, SaysWhichTopicIsMissing) {
  kafka_.refuse_topic("dead", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  const Status status = publisher()->check(seconds(10));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kNotFound);
  EXPECT_NE(status.error().text.find("dead"), std::string::npos) << status.error().text;
}

TEST_F(KafkaPublisherTest, NamesEveryPropertyThatIsRefused) {
  config_.kafka.properties = {{"no.such.property", "1"}, {"queue.buffering.max.kbytes", "many"}};
  const auto made = KafkaPublisher::create(config_, {}, clock_);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::kInvalidConfig);
  EXPECT_NE(made.error().text.find("no.such.property"), std::string::npos);
  EXPECT_NE(made.error().text.find("queue.buffering.max.kbytes"), std::string::npos);
}

}  // namespace
}  // namespace freshet
