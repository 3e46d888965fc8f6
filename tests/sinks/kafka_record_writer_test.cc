#include "sinks/kafka_record_writer.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "tests/sinks/kafka_fixture.h"
#include "tests/sinks/sample_lists.h"

namespace freshet {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class KafkaRecordWriterTest : public ::testing::Test {
 protected:
  KafkaRecordWriterTest() {
    kafka_.create_topic("events", 2);
    options_.brokers = kafka_.brokers();
    options_.topic = "events";
  }
  MockKafka kafka_;
  KafkaRecordWriter::Options options_;
};

TEST_F(KafkaRecordWriterTest, KeepsTheOrderOfAKeyThroughTrouble) {
  auto writer = KafkaRecordWriter::open(options_);
  ASSERT_TRUE(writer) << writer.error().text;
  kafka_.fail_produce_requests({RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION});
  for (int i = 0; i < 2000; ++i) {
    ASSERT_TRUE((*writer)->write("user-" + std::to_string(i % 7), std::to_string(i)));
  }
  ASSERT_TRUE((*writer)->flush(seconds(20)));
  EXPECT_EQ((*writer)->delivered_total(), 2000U);
  EXPECT_EQ((*writer)->failed_total(), 0U);

  std::map<std::string, int> newest;
  const auto records = read_all(kafka_, "events", 2);
  EXPECT_EQ(records.size(), 2000U);
  for (const ReadRecord& record : records) {
    const int i = std::stoi(record.value);
    const auto [entry, first] = newest.emplace(record.key, i);
    if (!first) {
      EXPECT_EQ(i, entry->second + 7) << record.key;
    }
    entry->second = i;
  }
}

TEST_F(KafkaRecordWriterTest, WritesTimestampsAndTombstones) {
  auto writer = KafkaRecordWriter::open(options_);
  ASSERT_TRUE(writer);
  ASSERT_TRUE((*writer)->write("lamp", std::nullopt, at_ms(1'600'000'000'000)));
  ASSERT_TRUE((*writer)->write("lamp", "", at_ms(1'600'000'000'001)));
  ASSERT_TRUE((*writer)->flush(seconds(10)));
  const auto records = read_all(kafka_, "events", 2);
  ASSERT_EQ(records.size(), 2U);
  EXPECT_TRUE(records[0].tombstone);
  EXPECT_EQ(records[0].timestamp_ms, 1'600'000'000'000);
  EXPECT_TRUE(records[1].value.empty());
}

TEST_F(KafkaRecordWriterTest, CountsWhatTheBrokerRefuses) {
  auto writer = KafkaRecordWriter::open(options_);
  ASSERT_TRUE(writer);
  kafka_.fail_produce_requests({RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED});
  ASSERT_TRUE((*writer)->write("lamp", "1"));
  ASSERT_TRUE((*writer)->flush(seconds(10)));
  EXPECT_EQ((*writer)->failed_total(), 1U);
}

TEST_F(KafkaRecordWriterTest, DoesNotOpenWithoutABroker) {
  options_.brokers = "127.0.0.1:1";
  options_.connect_wait = milliseconds(200);
  const auto writer = KafkaRecordWriter::open(options_);
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace freshet
