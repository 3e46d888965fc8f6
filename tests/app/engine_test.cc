#include "app/engine.h"

#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include <future>
#include <set>

#include "state/memory_store.h"
#include "tests/fakes/fake_publisher.h"
#include "tests/fakes/fake_source.h"

namespace freshet {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kStartMs = 1'750'000'000'000;
constexpr int kUsers = 50;
constexpr int kEvents = 2'000;

std::string click(int event, std::int32_t partition) {
  const std::string user = std::to_string(partition) + "-" + std::to_string(event % kUsers);
  return R"({"type":"click","user_id":")" + user + R"(","item_id":"i)" +
         std::to_string(event * 7 % 40) + R"(","event_time":)" + std::to_string(kStartMs + event) +
         "}";
}

/// The engine with real threads, scoring and learning; only log, store and output are in memory.
class EngineTest : public testing::Test {
 protected:
  EngineTest()
      : figures_(registry_, clock_, titles_),
        publisher_({[this](const ListDelivery& d) { router_.deliver(d); },
                    [this](const DeadLetterDelivery& d) { router_.deliver(d); }}) {
    config_.scoring.learning.directory.clear();
    lease_.hold_for_ever();
    engine_ = std::make_unique<Engine>(EngineParts{
        config_, publisher_, router_, figures_, lease_, clock_, {}, [this](const Error& e) {
          failure_ = e.text;
        }});
    EXPECT_TRUE(engine_->start());
  }

  void run_partition(std::int32_t partition) {
    auto source = std::make_unique<FakeSource>(PartitionId{partition});
    for (int i = 0; i < kEvents; ++i) source->append(click(i, partition));
    source->end();
    ASSERT_TRUE(engine_->open_partition(PartitionId{partition}, std::make_unique<MemoryStore>()));
    engine_->start_partition(PartitionId{partition}, Offset{0}, std::move(source));
  }

  Result<RankedList> ask(const UserId& user) {
    std::promise<Result<RankedList>> answer;
    engine_->recommend(user, 5,
                       [&](Result<RankedList> list) { answer.set_value(std::move(list)); });
    return answer.get_future().get();
  }

  Config config_;
  SystemClock clock_;
  prometheus::Registry registry_;
  TitleBook titles_{1'000};
  DeliveryRouter router_{config_};
  Lease lease_{clock_, std::chrono::milliseconds{0}};
  PipelineFigures figures_;
  FakePublisher publisher_;
  std::string failure_;
  std::unique_ptr<Engine> engine_;
};

TEST_F(EngineTest, GivesEveryUserAListOfTheNewestEvent) {
  run_partition(0);
  run_partition(1);
  ASSERT_TRUE(engine_->wait_until_exhausted(30s, {}));

  std::map<UserId, std::int64_t> newest;
  for (const RankedList& list : publisher_.lists()) {
    EXPECT_GE(list.position.offset.value, newest[list.user]) << "no list steps back in time";
    newest[list.user] = list.position.offset.value;
  }
  EXPECT_EQ(newest.size(), 2u * kUsers);
  for (const auto& [user, offset] : newest) EXPECT_GE(offset, kEvents - kUsers) << user;
  EXPECT_EQ(failure_, "");
}

TEST_F(EngineTest, AnswersQuestionsOfKnownAndUnknownUsers) {
  run_partition(0);
  ASSERT_TRUE(engine_->wait_until_exhausted(30s, {}));
  engine_->close_partition(PartitionId{0});
  const auto unknown = ask("nobody");

  ASSERT_TRUE(unknown.has_value());
  EXPECT_NE(unknown->fallback, Fallback::kNone);
}

TEST_F(EngineTest, StopsInTheMiddleOfAStream) {
  run_partition(0);
  run_partition(1);
  engine_.reset();

  EXPECT_EQ(failure_, "");
}

}  // namespace
}  // namespace freshet
