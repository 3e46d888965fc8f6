#pragma once

#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "app/engine/engine.h"
#include "state/memory_store.h"
#include "tests/fakes/fake_publisher.h"
#include "tests/fakes/fake_source.h"

namespace freshet {

inline constexpr std::int64_t kStartMs = 1'750'000'000'000;
inline constexpr int kUsers = 50;
inline constexpr int kEvents = 2'000;

inline std::string click(int event, std::int32_t partition) {
  const std::string user = std::to_string(partition) + "-" + std::to_string(event % kUsers);
  return R"({"type":"click","user_id":")" + user + R"(","item_id":"i)" +
         std::to_string(event * 7 % 40) + R"(","event_time":)" + std::to_string(kStartMs + event) +
         "}";
}

/// The engine with real threads, scoring and learning; only log, store and output are in memory.
class RunningEngine : public testing::Test {
 protected:
  explicit RunningEngine(const std::function<void(Config&)>& configure = nullptr)
      : figures_(registry_, clock_, titles_),
        publisher_({[this](const ListDelivery& d) { router_.deliver(d); },
                    [this](const DeadLetterDelivery& d) { router_.deliver(d); }}) {
    config_.scoring.learning.directory.clear();
    config_.scoring.scenarios = {{.name = "home", .list_size = 3}};
    config_.sinks.kafka.scenarios = {"home"};
    if (configure) configure(config_);
    lease_.hold_for_ever();
    engine_ = std::make_unique<Engine>(EngineParts{
        config_, publisher_, router_, figures_, lease_, clock_, {}, [this](const Error& e) {
          failure_ = e.text;
        }});
    EXPECT_TRUE(engine_->start());
  }

  /// Returns once all of its log is folded and what it teaches is known to scoring; the task then
  /// waits for more.
  void serve_partition(std::int32_t partition) {
    run_partition(partition, /*ends=*/false);
    events_served_ += kEvents;
    while (events_known() < events_served_) std::this_thread::yield();
  }

  std::uint64_t events_known() {
    std::promise<std::uint64_t> events;
    const auto ask = [&](const Replica& replica) {
      events.set_value(replica.knowledge().popularity().events());
    };
    while (!engine_->ask_replica(ask)) std::this_thread::yield();
    return events.get_future().get();
  }

  void run_partition(std::int32_t partition, bool ends = true) {
    auto source = std::make_unique<FakeSource>(PartitionId{partition});
    for (int i = 0; i < kEvents; ++i) source->append(click(i, partition));
    if (ends) source->end();
    ASSERT_TRUE(engine_->open_partition(PartitionId{partition}, std::make_unique<MemoryStore>()));
    engine_->start_partition(PartitionId{partition}, Offset{0}, std::move(source));
  }

  std::optional<RankRequest> find(const UserId& user) {
    std::promise<Result<std::optional<RankRequest>>> answer;
    engine_->find_user(user, [&](auto found) { answer.set_value(std::move(found)); });
    const auto found = answer.get_future().get();
    EXPECT_TRUE(found);
    return found.value_or(std::nullopt);
  }

  Result<RankedList> ask(const UserId& user, std::function<void(RankRequest&)> wish = nullptr) {
    std::promise<Result<RankedList>> answer;
    engine_->recommend(
        user,
        [wish](RankRequest& request) {
          request.count = 5;
          if (wish) wish(request);
        },
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
  std::uint64_t events_served_ = 0;
  std::unique_ptr<Engine> engine_;
};

}  // namespace freshet
