#include "app/kafka/rekeyer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include <map>
#include <set>
#include <thread>

#include "ingest/kafka_client.h"
#include "ingest/kafka_topic_reader.h"
#include "state/source_offsets.h"
#include "tests/ingest/mock_kafka.h"

namespace freshet {
namespace {

using namespace std::chrono_literals;

constexpr int kEvents = 400;
constexpr int kUsers = 13;
constexpr int kSourcePartitions = 2;

/// What stands in the events topic.
struct Written {
  PartitionId partition;
  std::string key;
  std::string value;
  SourceRecord source;
};

class RekeyerTest : public ::testing::Test {
 protected:
  RekeyerTest() : figures_(registry_, clock_, titles_) {
    kafka_.create_topic("clicks", kSourcePartitions);
    kafka_.create_topic("events", 3);
    for (int i = 0; i < kEvents; ++i) {
      const std::string value = i % 50 == 0 ? "{broken " + std::to_string(i)
                                            : R"({"type":"click","user_id":"u)" +
                                                  std::to_string(i % kUsers) +
                                                  R"(","item_id":"i","event_time":)" +
                                                  std::to_string(1'750'000'000'000 + i) + "}";
      kafka_.produce("clicks", i % kSourcePartitions, "", value);
    }
    kafka_.flush();
  }

  IngestConfig config(const std::string& group, const std::string& from = "clicks") const {
    IngestConfig config;
    config.kafka = kafka_.config();
    config.kafka.group = group;
    config.rekey.from_topic = from;
    return config;
  }

  /// Says that `group` has read partition 0 of the clicks up to there.
  void commit_offset(const std::string& group, std::int64_t next, const std::string& note = "") {
    auto properties = reader_properties(kafka_.config());
    properties["group.id"] = group;
    const auto handle = open_kafka_reader(properties);
    ASSERT_TRUE(handle) << handle.error().text;
    const KafkaPartitionList offsets(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_t* offset =
        rd_kafka_topic_partition_list_add(offsets.get(), "clicks", 0);
    offset->offset = next;
    offset->metadata = strdup(note.c_str());  // The list frees it.
    offset->metadata_size = note.size();
    ASSERT_EQ(rd_kafka_commit(handle->get(), offsets.get(), 0), RD_KAFKA_RESP_ERR_NO_ERROR);
  }

  /// Reads the events topic from its beginning until it has given `count` records, or time is up.
  std::vector<Written> read_events(std::size_t count) {
    std::vector<Written> written;
    auto reader = KafkaTopicReader::open(kafka_.config(), "events");
    EXPECT_TRUE(reader) << reader.error().text;
    const SteadyTime deadline = clock_.steady_now() + 20s;
    while (written.size() < count && clock_.steady_now() < deadline) {
      auto records = (*reader)->poll(1'000, 100ms);
      EXPECT_TRUE(records) << records.error().text;
      for (const Record& record : *records) {
        EXPECT_TRUE(record.source);
        written.push_back({record.partition, std::string(record.key), std::string(*record.value),
                           record.source.value_or(SourceRecord{})});
      }
    }
    return written;
  }

  /// Runs a rekeyer of `group` until the events topic has `count` records.
  std::vector<Written> rekey(const std::string& group, std::size_t count,
                             const std::string& from = "clicks") {
    auto rekeyer = Rekeyer::open(config(group, from), figures_, clock_);
    EXPECT_TRUE(rekeyer) << rekeyer.error().text;
    Status done;
    std::jthread thread([&](std::stop_token stop) { done = (*rekeyer)->run(stop); });
    auto written = read_events(count);
    EXPECT_EQ(written.size(), count);
    thread.request_stop();
    thread.join();
    EXPECT_TRUE(done) << done.error().text;
    return written;
  }

  MockKafka kafka_;
  prometheus::Registry registry_;
  SystemClock clock_;
  TitleBook titles_{1'000};
  PipelineFigures figures_;
};

TEST_F(RekeyerTest, PutsAllEventsOfAUserIntoOnePartitionInTheirOrder) {
  const auto written = rekey("group", kEvents);
  std::map<std::string, std::set<std::int32_t>> partitions;
  std::map<std::pair<std::string, std::int32_t>, std::int64_t> newest;  // By key and source.
  for (const Written& record : written) {
    partitions[record.key].insert(record.partition.value);
    auto& offset =
        newest.try_emplace({record.key, record.source.from.partition.value}, -1).first->second;
    EXPECT_GT(record.source.offset.value, offset);
    offset = record.source.offset.value;
  }
  for (const auto& [key, of_key] : partitions) EXPECT_EQ(of_key.size(), 1U) << key;
  EXPECT_TRUE(partitions.contains("u1"));
  EXPECT_TRUE(partitions.contains("freshet-source-0")) << "a broken record must not be lost";
}

TEST_F(RekeyerTest, KeepsTheOrderAlsoWhereABrokerPutsTheFirstBatchesOff) {
  rd_kafka_mock_broker_set_rtt(kafka_.cluster(), 1, 100);  // More batches could be under way.
  rd_kafka_mock_push_request_errors(kafka_.cluster(), /*Produce*/ 0, 1,
                                    RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS);
  const auto written = rekey("group", kEvents);
  std::map<std::pair<std::int32_t, std::int32_t>, std::int64_t> newest;  // By both partitions.
  for (const Written& record : written) {
    auto& offset =
        newest.try_emplace({record.partition.value, record.source.from.partition.value}, -1)
            .first->second;
    EXPECT_GT(record.source.offset.value, offset);
    offset = record.source.offset.value;
  }
}

TEST_F(RekeyerTest, GoesOnWhereItsGroupHasCommitted) {
  rekey("group", kEvents);
  kafka_.produce("clicks", 0, "", R"({"type":"click","user_id":"late","item_id":"i"})");
  kafka_.flush();
  const auto written = rekey("group", kEvents + 1);
  EXPECT_EQ(written.size(), kEvents + 1U);
}

TEST_F(RekeyerTest, StopsWhereTheLogDoesNotHaveWhatComesNext) {
  commit_offset("group.rekey", 1'000'000);
  auto rekeyer = Rekeyer::open(config("group"), figures_, clock_);
  ASSERT_TRUE(rekeyer) << rekeyer.error().text;

  const Status done = (*rekeyer)->run({});

  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().text, testing::HasSubstr("partition 0 of clicks"));
  EXPECT_THAT(done.error().text, testing::HasSubstr("group.rekey"));
}

TEST_F(RekeyerTest, StopsAtATopicThatWasMadeAnew) {
  commit_offset("group.rekey", 3, "freshet-mark 0123456789abcdef");
  auto rekeyer = Rekeyer::open(config("group"), figures_, clock_);
  ASSERT_TRUE(rekeyer) << rekeyer.error().text;

  const Status done = (*rekeyer)->run({});

  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::kCorrupt);
  EXPECT_THAT(done.error().text, testing::HasSubstr("partition 0 of clicks"));
  EXPECT_THAT(done.error().text, testing::HasSubstr("made anew"));
}

TEST_F(RekeyerTest, TellsTopicsOfOneEventsTopicApart) {
  kafka_.create_topic("clicks-2", kSourcePartitions);
  kafka_.produce("clicks-2", 0, "", R"({"type":"click","user_id":"u1","item_id":"i"})");
  kafka_.flush();
  rekey("group", kEvents);
  const auto written = rekey("group", kEvents + 1, "clicks-2");
  std::map<std::int32_t, SourceOffsets> seen;
  for (const Written& record : written)
    EXPECT_TRUE(seen[record.partition.value].admit(record.source)) << format_source(record.source);
}

TEST_F(RekeyerTest, RepeatsAreToldByTheirSource) {
  rekey("group", kEvents);
  const auto twice = rekey("another group, which begins anew", 2 * kEvents);
  std::map<std::int32_t, SourceOffsets> seen;
  std::multiset<std::string> once;
  for (const Written& record : twice)
    if (seen[record.partition.value].admit(record.source)) once.insert(record.value);
  EXPECT_EQ(once.size(), static_cast<std::size_t>(kEvents));
  for (const Written& record : twice) EXPECT_EQ(once.count(record.value), 1U) << record.value;
}

TEST(SourceRecord, IsReadAsItIsWritten) {
  const SourceRecord record{{"shop.clicks-2_a", PartitionId{7}}, Offset{1'234'567'890'123}};
  EXPECT_EQ(parse_source_record(format_source(record)), record);
  for (const char* wrong : {"", ":", "1:2", ":1:2", "a:1", "a:1:", "a:-1:2", "a:b:1:2"})
    EXPECT_FALSE(parse_source_record(wrong)) << wrong;
}

TEST(SourcePosition, IsReadAsItIsWritten) {
  const SourcePosition position{PartitionId{7}, Offset{1'234'567'890'123}};
  EXPECT_EQ(parse_source(format_source(position)), position);
  for (const char* wrong :
       {"", ":", "1", "1:", ":1", "-1:2", "1:-2", "1:2x", "a:b", "1:2:3", "99999999999:1"})
    EXPECT_FALSE(parse_source(wrong)) << wrong;
}

}  // namespace
}  // namespace freshet
