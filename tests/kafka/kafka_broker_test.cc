#include "tests/kafka/kafka_broker.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/kafka/kafka_topics.h"

namespace freshet::test {
namespace {

std::vector<TopicRecord> numbered_records(int count) {
  std::vector<TopicRecord> records;
  for (int i = 0; i < count; ++i) {
    records.push_back({.key = "user-" + std::to_string(i % 50), .value = std::to_string(i)});
  }
  return records;
}

std::set<std::string> values_of(const std::vector<TopicRecord>& records) {
  std::set<std::string> values;
  for (const TopicRecord& record : records) values.insert(record.value.value_or(""));
  return values;
}

TEST(KafkaBroker, HandsBackEveryRecordProduced) {
  FRESHET_KAFKA_OR_SKIP(broker);
  const auto sent = numbered_records(1000);
  ASSERT_TRUE(create_topic(broker.brokers(), "every-record", 3));

  const auto produced = produce(broker.brokers(), "every-record", sent);
  const auto read = consume(broker.brokers(), "every-record", sent.size());

  ASSERT_TRUE(produced) << produced.error().text;
  ASSERT_TRUE(read) << read.error().text;
  EXPECT_EQ(values_of(*read), values_of(sent));
}

TEST(KafkaBroker, KeepsHeadersAndTombstones) {
  FRESHET_KAFKA_OR_SKIP(broker);
  ASSERT_TRUE(create_topic(broker.brokers(), "headers", 1, {{"cleanup.policy", "compact"}}));

  ASSERT_TRUE(produce(broker.brokers(), "headers",
                      {{.key = "item", .value = std::nullopt, .headers = {{"reason", "gone"}}}}));
  const auto read = consume_all(broker.brokers(), "headers");

  ASSERT_TRUE(read) << read.error().text;
  ASSERT_EQ(read->size(), 1u);
  EXPECT_EQ(read->front().value, std::nullopt);
  ASSERT_EQ(read->front().headers.size(), 1u);
  EXPECT_EQ(read->front().headers[0].second, "gone");
}

TEST(KafkaBroker, SaysHowManyRecordsCameBeforeTheDeadline) {
  FRESHET_KAFKA_OR_SKIP(broker);
  ASSERT_TRUE(create_topic(broker.brokers(), "too-few", 1));
  ASSERT_TRUE(produce(broker.brokers(), "too-few", numbered_records(2)));

  const auto read = consume(broker.brokers(), "too-few", 3, std::chrono::milliseconds(1500));

  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kTimedOut);
  EXPECT_NE(read.error().text.find("2 of 3"), std::string::npos) << read.error().text;
}

TEST(KafkaBroker, KeepsItsDataThroughACrash) {
  FRESHET_KAFKA_OR_SKIP(broker);
  ASSERT_TRUE(create_topic(broker.brokers(), "crash", 1));
  ASSERT_TRUE(produce(broker.brokers(), "crash", numbered_records(100)));

  broker.kill9();
  const auto restarted = broker.restart();
  const auto read = consume_all(broker.brokers(), "crash");

  ASSERT_TRUE(restarted) << restarted.error().text;
  ASSERT_TRUE(read) << read.error().text;
  EXPECT_EQ(read->size(), 100u);
}

TEST(KafkaCluster, KeepsAcknowledgedRecordsWhenANodeDies) {
  if (auto why = KafkaBroker::why_unavailable()) GTEST_SKIP() << "no Kafka broker here: " << *why;
  auto cluster = KafkaBroker::start(3);
  ASSERT_TRUE(cluster) << cluster.error().text;
  const std::string brokers = (*cluster)->brokers();
  ASSERT_TRUE(create_topic(brokers, "replicated", 3));
  ASSERT_TRUE(produce(brokers, "replicated", numbered_records(300)));

  (*cluster)->kill9(1);
  const auto produced = produce(brokers, "replicated", numbered_records(300));
  const auto restarted = (*cluster)->restart(1);
  const auto read = consume_all(brokers, "replicated");

  ASSERT_TRUE(produced) << produced.error().text;
  ASSERT_TRUE(restarted) << restarted.error().text;
  ASSERT_TRUE(read) << read.error().text;
  EXPECT_EQ(read->size(), 600u);
}

}  // namespace
}  // namespace freshet::test
