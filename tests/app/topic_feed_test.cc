#include "app/kafka/topic_feed.h"

#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include <future>
#include <set>
#include <thread>

#include "tests/fakes/fake_publisher.h"
#include "tests/ingest/mock_kafka.h"

namespace freshet {
namespace {

using namespace std::chrono_literals;

constexpr int kPartitions = 2;
constexpr int kRecords = 60;

class TopicFeedTest : public ::testing::Test {
 protected:
  TopicFeedTest()
      : figures_(registry_, clock_, titles_), publisher_({[](const auto&) {}, [](const auto&) {}}) {
    kafka_.create_topic("things", kPartitions);
    for (int i = 0; i < kRecords; ++i) produce(i);
    kafka_.flush();
    config_.ingest.kafka = kafka_.config();
  }

  void produce(int i) {
    kafka_.produce("things", i % kPartitions, "k" + std::to_string(i),
                   i % 20 == 0 ? "broken" : "whole");
  }

  /// Starts a feed; `taken_` is set once the record of `last` was handed over.
  Result<std::unique_ptr<TopicFeed>> start(const std::string& last) {
    return TopicFeed::start(
        {config_, figures_, publisher_, [](const Error& failure) { FAIL() << failure.text; }},
        "things", "things",
        [this, last](const Record& record, std::stop_token) -> tl::expected<void, BadRecord> {
          keys_.emplace(record.key);
          if (record.key == last) taken_.set_value();
          if (record.value == "broken")
            return tl::unexpected(BadRecord{BadRecordReason::kMalformed, "mend it"});
          return {};
        });
  }

  MockKafka kafka_;
  Config config_;
  prometheus::Registry registry_;
  SystemClock clock_;
  TitleBook titles_{1'000};
  PipelineFigures figures_;
  FakePublisher publisher_;
  std::multiset<std::string> keys_;
  std::promise<void> taken_;
};

TEST_F(TopicFeedTest, HandsOverEveryRecordOnceAndThenWhatComes) {
  auto feed = start("k" + std::to_string(kRecords + 1));
  ASSERT_TRUE(feed) << feed.error().text;
  while (!(*feed)->reached_end()) std::this_thread::yield();
  produce(kRecords + 1);
  kafka_.flush();
  taken_.get_future().wait();
  feed->reset();

  EXPECT_EQ(keys_.size(), kRecords + 1U);
  EXPECT_EQ(keys_.count("k0"), 1U);
}

TEST_F(TopicFeedTest, MakesADeadLetterOfWhatCannotBeTaken) {
  auto feed = start("");
  ASSERT_TRUE(feed) << feed.error().text;
  while (!(*feed)->reached_end()) std::this_thread::yield();
  feed->reset();

  const auto letters = publisher_.dead_letters();
  ASSERT_EQ(letters.size(), kRecords / 20U);
  EXPECT_EQ(letters.front().topic, "things");
  EXPECT_EQ(letters.front().value, "broken");
  EXPECT_EQ(letters.front().why.text, "mend it");
}

}  // namespace
}  // namespace freshet
