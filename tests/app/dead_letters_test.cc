#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/commands/dead_letter_lines.h"
#include "app/commands/dead_letter_replay.h"
#include "ingest/kafka_topic_reader.h"
#include "sinks/kafka_producer.h"
#include "tests/ingest/mock_kafka.h"

namespace freshet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr EventTime kNow{std::chrono::milliseconds{1'750'000'000'000}};
constexpr const char* kGood =
    R"({"type":"click","user_id":"u-7","item_id":"kettle","event_time":1750000000000})";

StoredDeadLetter letter_at(int partition, std::int64_t offset, std::string value = kGood) {
  StoredDeadLetter letter;
  letter.place = {PartitionId{partition}, Offset{offset}};
  letter.time = kNow;
  letter.reason = "bad_time";
  letter.text = "event_time: \"now\" is no time";
  letter.topic = "freshet.events";
  letter.source = {PartitionId{2}, Offset{1042}};
  letter.key = "u-7";
  letter.value = std::move(value);
  return letter;
}

TEST(DeadLetterLine, ReadsBackAsItWasWritten) {
  StoredDeadLetter letter = letter_at(1, 12, "{\"type\":\n\"click\"}");
  letter.cut = true;
  const auto read = parse_dead_letter_line(to_json_line(letter));
  ASSERT_TRUE(read) << read.error().text;
  EXPECT_EQ(to_json_line(letter), R"({"dead_letter":"1:12","time":"2025-06-15T15:06:40.000Z",)"
                                  R"("reason":"bad_time","text":"event_time: \"now\" is no time",)"
                                  R"("topic":"freshet.events","partition":2,"offset":1042,)"
                                  R"("key":"u-7","value":"{\"type\":\n\"click\"}","cut":true})");
  EXPECT_EQ(read->place, letter.place);
  EXPECT_EQ(read->source, letter.source);
  EXPECT_EQ(read->key, letter.key);
  EXPECT_EQ(read->value, letter.value);
  EXPECT_TRUE(read->cut);
}

TEST(DeadLetterLine, KeepsBytesThatAreNoText) {
  using namespace std::string_literals;
  StoredDeadLetter letter = letter_at(0, 1, "\x00\xFF\x80{"s);
  letter.key = "\xC3";
  const auto read = parse_dead_letter_line(to_json_line(letter));
  ASSERT_TRUE(read) << read.error().text;
  EXPECT_EQ(read->key, letter.key);
  EXPECT_EQ(read->value, letter.value);
}

TEST(DeadLetterLine, TakesTheMendedRecordAsAnObject) {
  const auto read = parse_dead_letter_line(
      R"({"dead_letter":"0:3","topic":"t","partition":0,"offset":1,"key":null,)"
      R"("value":{"type":"click","price":8.123456789123457e-3}})");
  ASSERT_TRUE(read) << read.error().text;
  EXPECT_EQ(read->value, R"({"type":"click","price":0.008123456789123457})");
  EXPECT_EQ(read->key, "");
}

TEST(DeadLetterLine, SaysWhatIsMissing) {
  const auto why = [](const std::string& line) {
    const auto read = parse_dead_letter_line(line);
    return read ? "it was read" : read.error().text;
  };
  EXPECT_THAT(why("[1]"), HasSubstr("JSON object"));
  EXPECT_THAT(why("{\"dead_letter\":"), HasSubstr("JSON object"));
  EXPECT_THAT(why(std::string(100'000, '[')), HasSubstr("JSON object"));
  EXPECT_THAT(why("{}"), HasSubstr("dead_letter is missing"));
  EXPECT_THAT(why(R"({"dead_letter":"x","topic":"t"})"), HasSubstr("PARTITION:OFFSET"));
  EXPECT_THAT(why(R"({"dead_letter":"0:1","topic":"t"})"), HasSubstr("partition or offset"));
  EXPECT_THAT(why(R"({"dead_letter":"0:1","partition":0,"offset":1})"), HasSubstr("topic"));
  EXPECT_THAT(why(R"({"dead_letter":"0:1","topic":"t","partition":0,"offset":1,"value":7})"),
              HasSubstr("value is no text"));
  EXPECT_THAT(why(R"({"dead_letter":"0:1","topic":"t","partition":0,"offset":1,"key_base64":"%"})"),
              HasSubstr("base64"));
}

class ReplayPlan : public testing::Test {
 protected:
  DeadLetterReplay plan(const StoredDeadLetter& mended, const StoredDeadLetter& stored,
                        DeadLetterReplayRules rules = {}) {
    return plan_replay(config_, {mended}, {stored}, rules, kNow).front();
  }
  Config config_;
};

TEST_F(ReplayPlan, SendsAMendedEventBackToItsPartition) {
  const auto replay = plan(letter_at(0, 1), letter_at(0, 1, "broken"));
  EXPECT_FALSE(replay.refused) << replay.outcome;
  EXPECT_EQ(replay.topic, "freshet.events");
  EXPECT_EQ(replay.partition, PartitionId{2});
  EXPECT_THAT(replay.outcome, HasSubstr("click of u-7 on kettle"));
  EXPECT_THAT(replay.outcome, HasSubstr("counts again if sent again"));
}

TEST_F(ReplayPlan, SendsByKeyWhereTheKeyWasMended) {
  StoredDeadLetter mended = letter_at(0, 1);
  mended.key = "u-8";
  EXPECT_FALSE(plan(mended, letter_at(0, 1)).partition);
}

TEST_F(ReplayPlan, SaysWhenTheKeyIsNotTheUser) {
  StoredDeadLetter letter = letter_at(0, 1);
  letter.key.clear();
  EXPECT_THAT(plan(letter, letter).outcome, HasSubstr("which is not its user"));
}

TEST_F(ReplayPlan, SendsARekeyedEventToTheTopicItIsRekeyedFrom) {
  config_.ingest.rekey.from_topic = "clicks";
  const auto replay = plan(letter_at(0, 1), letter_at(0, 1));
  EXPECT_EQ(replay.topic, "clicks");
  EXPECT_FALSE(replay.partition);
}

TEST_F(ReplayPlan, RefusesWhatWouldBeRefusedAgain) {
  const auto replay = plan(letter_at(0, 1, R"({"type":"klick"})"), letter_at(0, 1));
  EXPECT_TRUE(replay.refused);
  EXPECT_THAT(replay.outcome, HasSubstr("still unknown_action"));
}

TEST_F(ReplayPlan, RefusesWhatWasReplayedUnlessToldAgain) {
  StoredDeadLetter stored = letter_at(0, 1);
  stored.replayed_time = kNow;
  EXPECT_THAT(plan(letter_at(0, 1), stored).outcome, HasSubstr("replayed on 2025-06-15"));
  EXPECT_TRUE(plan(letter_at(0, 1), stored).refused);
  EXPECT_FALSE(plan(letter_at(0, 1), stored, {.again = true}).refused);
}

TEST_F(ReplayPlan, RefusesALetterThatIsGoneFromTheTopic) {
  EXPECT_TRUE(plan(letter_at(0, 1), letter_at(0, 2)).refused);
  EXPECT_FALSE(plan(letter_at(0, 1), letter_at(0, 2), {.again = true}).refused);
}

TEST_F(ReplayPlan, SendsALetterOnceThatIsNamedTwice) {
  const auto plan =
      plan_replay(config_, {letter_at(0, 1), letter_at(0, 1)}, {letter_at(0, 1)}, {}, kNow);
  EXPECT_FALSE(plan[0].refused);
  EXPECT_TRUE(plan[1].refused);
}

TEST_F(ReplayPlan, RefusesCutRecordsAndPoison) {
  StoredDeadLetter cut = letter_at(0, 1);
  cut.cut = true;
  EXPECT_TRUE(plan(cut, cut).refused);
  StoredDeadLetter poison = letter_at(0, 1);
  poison.reason = "poison";
  EXPECT_TRUE(plan(poison, poison).refused);
  EXPECT_FALSE(plan(poison, poison, {.poison = true}).refused);
}

/// The dead-letter topic of two partitions on a broker in this process.
class DeadLetterTopic : public testing::Test {
 protected:
  DeadLetterTopic() {
    kafka_.create_topic("freshet.dead-letters", 2);
    kafka_.create_topic("freshet.events", 3);
    config_.ingest.kafka = kafka_.config();
    config_.ingest.kafka.events_topic = "freshet.events";
    config_.sinks.kafka.brokers = kafka_.brokers();
    auto producer = KafkaProducer::create({.brokers = kafka_.brokers(),
                                           .linger = std::chrono::milliseconds{5},
                                           .properties = {},
                                           .transactional_id = {}});
    EXPECT_TRUE(producer) << producer.error().text;
    producer_ = std::move(*producer);
  }

  void write(int partition, std::string_view reason, std::int64_t time_ms, int count = 1) {
    const std::vector<OutgoingRecord::Header> headers{{"reason", reason},
                                                      {"text", "why"},
                                                      {"topic", "freshet.events"},
                                                      {"partition", "2"},
                                                      {"offset", "1042"}};
    for (int k = 0; k < count; ++k)
      ASSERT_TRUE(producer_->send({.topic = "freshet.dead-letters",
                                   .key = "u-7",
                                   .value = kGood,
                                   .headers = headers,
                                   .timestamp = kNow + std::chrono::milliseconds{time_ms + k},
                                   .partition = PartitionId{partition}},
                                  {}));
    ASSERT_TRUE(producer_->flush(std::chrono::seconds{20}));
  }

  std::vector<StoredDeadLetter> read(const DeadLetterQuery& query) {
    auto letters = read_dead_letters(config_.ingest.kafka, "freshet.dead-letters", query);
    EXPECT_TRUE(letters) << letters.error().text;
    return letters ? *letters : std::vector<StoredDeadLetter>{};
  }

  std::vector<std::string> places(const DeadLetterQuery& query) {
    std::vector<std::string> texts;
    for (const StoredDeadLetter& letter : read(query)) texts.push_back(format_source(letter.place));
    return texts;
  }

  MockKafka kafka_;
  Config config_;
  std::unique_ptr<KafkaProducer> producer_;
};

TEST_F(DeadLetterTopic, GivesTheNewestOfAllPartitionsOldestFirst) {
  EXPECT_THAT(read({}), IsEmpty());
  write(0, "bad_time", 10);
  write(1, "bad_time", 20);
  write(0, "malformed", 30);
  EXPECT_THAT(places({.count = 2}), ElementsAre("1:0", "0:1"));
  EXPECT_THAT(places({.reason = "bad_time"}), ElementsAre("0:0", "1:0"));
  EXPECT_THAT(places({.since = kNow + std::chrono::milliseconds{20}}), ElementsAre("1:0", "0:1"));
  EXPECT_THAT(places({.places = {{PartitionId{1}, Offset{0}}, {PartitionId{7}, Offset{0}}}}),
              ElementsAre("1:0"));
}

TEST_F(DeadLetterTopic, LooksBehindManyOthersForARareReason) {
  write(0, "bad_time", 0);
  write(1, "bad_time", 5'000'000);
  write(0, "malformed", 10, 2'500);
  EXPECT_THAT(places({.count = 2, .reason = "bad_time"}), ElementsAre("0:0", "1:0"));
  EXPECT_THAT(read({.count = 2'000}), SizeIs(2'000));
}

TEST_F(DeadLetterTopic, PassesOverWhatIsNoDeadLetter) {
  kafka_.produce("freshet.dead-letters", 0, "k", "somebody else's");
  kafka_.flush();
  write(0, "bad_time", 10);
  EXPECT_THAT(places({}), ElementsAre("0:1"));
}

TEST_F(DeadLetterTopic, NotesAReplayAndSendsTheRecordWithItsKey) {
  write(1, "bad_time", 10);
  const auto letters = read({});
  const auto plan = plan_replay(config_, letters, letters, {}, kNow);
  const auto sent = send_replay(config_, plan);
  ASSERT_TRUE(sent) << sent.error().text;
  EXPECT_EQ(*sent, 1U);

  const auto after = read({});
  ASSERT_THAT(after, SizeIs(1));
  EXPECT_TRUE(after.front().replayed_time);
  EXPECT_TRUE(plan_replay(config_, after, after, {}, kNow).front().refused);
  auto reader = KafkaTopicReader::open(config_.ingest.kafka, "freshet.events");
  ASSERT_TRUE(reader) << reader.error().text;
  std::vector<std::string> found;
  while (!(*reader)->reached_end()) {
    const auto records = (*reader)->poll(10, std::chrono::milliseconds{100});
    ASSERT_TRUE(records);
    for (const Record& record : *records) {
      EXPECT_EQ(record.partition, PartitionId{2});
      found.push_back(std::string(record.key) + " " + std::string(*record.value));
    }
  }
  EXPECT_THAT(found, ElementsAre(std::string("u-7 ") + kGood));
}

}  // namespace
}  // namespace freshet
