#include "sinks/kafka_transactional_publisher.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <mutex>

#include "sinks/kafka_publisher.h"
#include "tests/kafka/kafka_broker.h"
#include "tests/kafka/kafka_topics.h"
#include "tests/sinks/sample_lists.h"

namespace freshet::test {
namespace {

using namespace std::chrono_literals;

constexpr auto kWait = 30s;

/// One instance of the program: its two publishers, and what was answered by offset.
class Instance {
 public:
  Instance(const std::string& brokers, const std::string& lists_topic) {
    config_.kafka.brokers = brokers;
    config_.kafka.lists_topic = lists_topic;
    config_.kafka.dead_letters_topic = "dead-letters";
    letters_ = *KafkaPublisher::create(config_, handlers(), clock_);
    lists_ = std::make_unique<KafkaTransactionalPublisher>(config_, "group." + lists_topic,
                                                           *letters_, handlers(), clock_);
  }

  Status publish(std::int64_t offset, Epoch epoch, PartitionId partition = PartitionId{0}) {
    RankedList list = list_of("anna", Offset{offset});
    list.position.epoch = epoch;
    list.position.partition = partition;
    return lists_->publish(list);
  }
  Status publish(const DeadLetter& letter) { return lists_->publish(letter); }
  Status flush() { return lists_->flush(kWait); }

  /// Offset → delivered; each list is answered once.
  std::map<std::int64_t, bool> answers() const {
    std::lock_guard lock(mutex_);
    return answers_;
  }
  int letters_delivered() const {
    std::lock_guard lock(mutex_);
    return letters_delivered_;
  }

 private:
  DeliveryHandlers handlers() {
    return {.on_list =
                [this](const ListDelivery& d) {
                  std::lock_guard lock(mutex_);
                  EXPECT_TRUE(answers_.try_emplace(d.position.offset.value, d.delivered).second);
                },
            .on_dead_letter =
                [this](const DeadLetterDelivery& d) {
                  std::lock_guard lock(mutex_);
                  letters_delivered_ += d.delivered ? 1 : 0;
                }};
  }

  SinksConfig config_;
  const StoppedClock clock_{at_ms(4321)};
  mutable std::mutex mutex_;
  std::map<std::int64_t, bool> answers_;
  int letters_delivered_ = 0;
  std::unique_ptr<KafkaPublisher> letters_;
  std::unique_ptr<KafkaTransactionalPublisher> lists_;
};

/// The offsets that the committed lists of `topic`, which are `count`, reflect.
std::vector<std::int64_t> committed(const KafkaBroker& broker, const std::string& topic,
                                    std::size_t count) {
  const auto records = consume(broker.brokers(), topic, count);
  EXPECT_TRUE(records) << records.error().text;
  std::vector<std::int64_t> offsets;
  if (!records) return offsets;
  for (const TopicRecord& record : *records) {
    for (const auto& [name, value] : record.headers) {
      if (name == "offset") offsets.push_back(std::stoll(value));
    }
  }
  return offsets;
}

TEST(KafkaTransactionalPublisher, CommitsEveryListOnceInTheirOrder) {
  FRESHET_KAFKA_OR_SKIP(broker);
  ASSERT_TRUE(create_topic(broker.brokers(), "ordered", 1));
  Instance instance(broker.brokers(), "ordered");
  std::vector<std::int64_t> sent;
  for (std::int64_t i = 0; i < 3'000; ++i) {
    ASSERT_TRUE(instance.publish(i, Epoch{1}));
    sent.push_back(i);
  }

  ASSERT_TRUE(instance.flush());

  EXPECT_EQ(committed(broker, "ordered", sent.size()), sent);
  EXPECT_EQ(instance.answers().size(), sent.size());
  for (const auto& [offset, delivered] : instance.answers()) EXPECT_TRUE(delivered) << offset;
}

TEST(KafkaTransactionalPublisher, ShutsTheFormerOwnerOutAtTheBroker) {
  FRESHET_KAFKA_OR_SKIP(broker);
  ASSERT_TRUE(create_topic(broker.brokers(), "fenced", 1));
  Instance former(broker.brokers(), "fenced");
  ASSERT_TRUE(former.publish(1, Epoch{1}));
  ASSERT_TRUE(former.flush());
  Instance owner(broker.brokers(), "fenced");
  ASSERT_TRUE(owner.publish(10, Epoch{2}));
  ASSERT_TRUE(owner.flush());

  ASSERT_TRUE(former.publish(2, Epoch{1})) << "it cannot know yet";
  ASSERT_TRUE(former.flush());
  const Status later = former.publish(3, Epoch{1});
  ASSERT_TRUE(owner.publish(11, Epoch{2}));
  ASSERT_TRUE(owner.flush());

  EXPECT_EQ(former.answers(), (std::map<std::int64_t, bool>{{1, true}, {2, false}}));
  ASSERT_FALSE(later);
  EXPECT_EQ(later.error().code, ErrorCode::kFenced) << later.error().text;
  EXPECT_EQ(committed(broker, "fenced", 3), (std::vector<std::int64_t>{1, 10, 11}));
}

TEST(KafkaTransactionalPublisher, OwnsAPartitionAgainUnderALargerEpoch) {
  FRESHET_KAFKA_OR_SKIP(broker);
  ASSERT_TRUE(create_topic(broker.brokers(), "again", 1));
  Instance first(broker.brokers(), "again");
  Instance second(broker.brokers(), "again");
  ASSERT_TRUE(first.publish(1, Epoch{1}));
  ASSERT_TRUE(first.flush());
  ASSERT_TRUE(second.publish(2, Epoch{2}));
  ASSERT_TRUE(second.flush());

  ASSERT_TRUE(first.publish(3, Epoch{3}));
  ASSERT_TRUE(first.publish(4, Epoch{1})) << "a list made before, which comes late";
  ASSERT_TRUE(first.flush());

  EXPECT_EQ(first.answers(), (std::map<std::int64_t, bool>{{1, true}, {3, true}, {4, false}}));
  EXPECT_EQ(committed(broker, "again", 3), (std::vector<std::int64_t>{1, 2, 3}));
}

TEST(KafkaTransactionalPublisher, KeepsPartitionsApart) {
  FRESHET_KAFKA_OR_SKIP(broker);
  ASSERT_TRUE(create_topic(broker.brokers(), "apart", 1));
  Instance first(broker.brokers(), "apart");
  Instance second(broker.brokers(), "apart");
  ASSERT_TRUE(first.publish(1, Epoch{1}, PartitionId{0}));
  ASSERT_TRUE(first.publish(2, Epoch{1}, PartitionId{1}));
  ASSERT_TRUE(first.flush());
  ASSERT_TRUE(second.publish(3, Epoch{2}, PartitionId{1}));
  ASSERT_TRUE(second.flush());

  ASSERT_TRUE(first.publish(4, Epoch{1}, PartitionId{0}));
  ASSERT_TRUE(first.publish(5, Epoch{1}, PartitionId{1}));
  ASSERT_TRUE(first.flush());

  EXPECT_TRUE(first.answers().at(4)) << "partition 0 is still ours";
  EXPECT_FALSE(first.answers().at(5)) << "partition 1 is not";
}

TEST(KafkaTransactionalPublisher, SendsDeadLettersWithoutATransaction) {
  FRESHET_KAFKA_OR_SKIP(broker);
  ASSERT_TRUE(create_topic(broker.brokers(), "dead-letters", 1));
  Instance instance(broker.brokers(), "unused");
  ASSERT_TRUE(instance.publish(dead_letter_of("{broken")));
  ASSERT_TRUE(instance.flush());
  EXPECT_EQ(instance.letters_delivered(), 1);
}

TEST(KafkaTransactionalPublisher, LosesNothingWhileTheBrokerIsAway) {
  if (auto why = KafkaBroker::why_unavailable()) GTEST_SKIP() << "no Kafka broker here: " << *why;
  auto broker = KafkaBroker::start();
  ASSERT_TRUE(broker) << broker.error().text;
  ASSERT_TRUE(create_topic((*broker)->brokers(), "away", 1));
  Instance instance((*broker)->brokers(), "away");
  ASSERT_TRUE(instance.publish(0, Epoch{1}));
  ASSERT_TRUE(instance.flush());

  (*broker)->stop();
  ASSERT_TRUE(instance.publish(1, Epoch{1}));
  ASSERT_TRUE((*broker)->restart());
  ASSERT_TRUE(instance.flush());
  std::vector<std::int64_t> expected{0};
  if (instance.answers().at(1)) expected.push_back(1);
  ASSERT_TRUE(instance.publish(2, Epoch{1}));
  ASSERT_TRUE(instance.flush());

  ASSERT_TRUE(instance.answers().at(2));
  expected.push_back(2);
  EXPECT_EQ(committed(**broker, "away", expected.size()), expected)
      << "a list is there exactly if it was answered as delivered";
}

}  // namespace
}  // namespace freshet::test
