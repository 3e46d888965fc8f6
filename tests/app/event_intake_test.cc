#include "app/http/event_intake.h"

#include <gtest/gtest.h>

#include <future>

#include "ingest/kafka_partitioner.h"
#include "ingest/kafka_topic_reader.h"
#include "tests/ingest/mock_kafka.h"

namespace freshet {
namespace {

using namespace std::chrono_literals;

constexpr std::int32_t kPartitions = 4;

class EventIntakeTest : public ::testing::Test {
 protected:
  EventIntakeTest() {
    kafka_.create_topic("events", kPartitions);
    config_.ingest.kafka.brokers = kafka_.config().brokers;
    config_.ingest.kafka.events_topic = "events";
    auto intake = EventIntake::open(config_, clock_);
    EXPECT_TRUE(intake) << intake.error().text;
    intake_ = *std::move(intake);
  }

  Result<AcceptedEvent> accept(const std::string& event) {
    std::promise<Result<AcceptedEvent>> answer;
    intake_->accept(event, [&](Result<AcceptedEvent> accepted) { answer.set_value(accepted); });
    return answer.get_future().get();
  }

  MockKafka kafka_;
  Config config_;
  SystemClock clock_;
  std::unique_ptr<EventIntake> intake_;
};

TEST_F(EventIntakeTest, AnswersWhereTheEventStandsInTheLog) {
  const std::string event = R"({"type":"click","user_id":"anna","item_id":"lamp","event_time":)" +
                            std::to_string(clock_.now().time_since_epoch().count()) + "}";
  const auto first = accept(event);
  const auto second = accept(event);
  ASSERT_TRUE(first) << first.error().text;
  ASSERT_TRUE(second) << second.error().text;
  EXPECT_EQ(first->partition, partition_of("anna", kPartitions, Partitioner::kMurmur2));
  EXPECT_EQ(first->offset, Offset{0});
  EXPECT_EQ(second->offset, Offset{1});

  auto reader = KafkaTopicReader::open(kafka_.config(), "events");
  ASSERT_TRUE(reader) << reader.error().text;
  auto records = (*reader)->poll(1, 10s);
  ASSERT_TRUE(records);
  ASSERT_EQ(records->size(), 1U);
  EXPECT_EQ(records->front().key, "anna");
  EXPECT_EQ(records->front().value, event);
}

TEST_F(EventIntakeTest, RefusesWhatWouldBecomeADeadLetter) {
  const auto accepted = accept(R"({"type":"click","user_id":"anna","event_time":1})");
  ASSERT_FALSE(accepted);
  EXPECT_EQ(accepted.error().code, ErrorCode::kInvalidConfig);
  EXPECT_NE(accepted.error().text.find("event_time"), std::string::npos) << accepted.error().text;
}

TEST_F(EventIntakeTest, RefusesTypesThatAreIgnored) {
  config_.ingest.mapping.types["scroll"] = "ignore";
  auto intake = EventIntake::open(config_, clock_);
  intake_ = *std::move(intake);
  const auto accepted = accept(R"({"type":"scroll","user_id":"anna"})");
  ASSERT_FALSE(accepted);
  EXPECT_EQ(accepted.error().code, ErrorCode::kInvalidConfig);
}

}  // namespace
}  // namespace freshet
