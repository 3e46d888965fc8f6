#include "app/http/owner_book.h"

#include <gtest/gtest.h>

#include "ingest/kafka_topic_reader.h"
#include "tests/ingest/mock_kafka.h"

namespace freshet {
namespace {

Record record_of(std::string_view key, std::optional<std::string_view> value) {
  return {.partition = {}, .offset = {}, .timestamp = {}, .key = key, .value = value, .source = {}};
}

TEST(OwnerBook, KeepsTheOwnerOfTheLargestEpoch) {
  OwnerBook book;
  EXPECT_FALSE(book.url_of(PartitionId{3}));
  ASSERT_TRUE(book.take(record_of("3", R"({"url":"http://a:1","epoch":7})")));
  ASSERT_TRUE(book.take(record_of("3", R"({"url":"https://b:2","epoch":8})")));
  ASSERT_TRUE(book.take(record_of("3", R"({"url":"http://late:1","epoch":6})")));
  EXPECT_EQ(book.url_of(PartitionId{3}), "https://b:2");
  ASSERT_TRUE(book.take(record_of("3", std::nullopt)));
  EXPECT_FALSE(book.url_of(PartitionId{3}));
}

TEST(OwnerBook, RefusesWhatNoOwnerWrote) {
  OwnerBook book;
  const std::string_view good = R"({"url":"http://a:1","epoch":7})";
  for (const std::string_view key : {"", "x", "-1", "1x", "99999999999"})
    EXPECT_FALSE(book.take(record_of(key, good))) << key;
  const std::vector<std::string> values{"",
                                        "{}",
                                        R"({"url":"http://a:1"})",
                                        R"({"url":"ftp://a:1","epoch":1})",
                                        R"({"url":"http://a:1/\r\nSet-Cookie: x","epoch":1})",
                                        R"({"url":"http://a:1","epoch":-1})"};
  for (const std::string& value : values) EXPECT_FALSE(book.take(record_of("1", value))) << value;
  EXPECT_FALSE(book.url_of(PartitionId{1}));
}

TEST(OwnerAnnouncer, WritesWhatABookReads) {
  MockKafka kafka;
  kafka.create_topic("owners", 1);
  SinksConfig config;
  config.kafka.brokers = kafka.config().brokers;
  EXPECT_EQ(*OwnerAnnouncer::open(config), nullptr) << "nothing is configured";
  config.kafka.owners_topic = "owners";
  config.http.advertised_url = "http://10.0.0.2:8080";
  auto announcer = OwnerAnnouncer::open(config);
  ASSERT_TRUE(announcer) << announcer.error().text;
  (*announcer)->announce(PartitionId{5}, Epoch{9});
  auto reader = KafkaTopicReader::open(kafka.config(), "owners");
  ASSERT_TRUE(reader) << reader.error().text;
  OwnerBook book;
  while (!book.url_of(PartitionId{5})) {
    const auto records = (*reader)->poll(10, std::chrono::milliseconds(100));
    ASSERT_TRUE(records);
    for (const Record& record : *records) ASSERT_TRUE(book.take(record));
  }
  EXPECT_EQ(book.url_of(PartitionId{5}), "http://10.0.0.2:8080");
}

}  // namespace
}  // namespace freshet
