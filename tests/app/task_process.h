#pragma once

#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include <map>
#include <string>
#include <vector>

#include "app/partition_task.h"
#include "tests/fakes/failing_store.h"
#include "tests/fakes/fake_publisher.h"
#include "tests/fakes/fake_source.h"
#include "tests/fakes/manual_clock.h"

namespace freshet {

using Users = std::map<std::string, std::string>;

inline std::string click(const std::string& user, const std::string& item, std::int64_t time_ms) {
  return R"({"event_id":")" + user + std::to_string(time_ms) + R"(","type":"click","user_id":")" +
         user + R"(","item_id":")" + item + R"(","event_time":)" + std::to_string(time_ms) + "}";
}

inline constexpr std::int64_t kStartMs = 1'750'000'000'000;
inline constexpr std::chrono::milliseconds kLease{10'000};

/// The log from `start` on, at most `batch_size` records a poll.
inline FakeSource source_of(const std::vector<std::string>& log, Offset start,
                            std::size_t batch_size) {
  FakeSource source;
  for (const std::string& value : log) source.append(value);
  source.start_at(start);
  source.deliver_at_most(batch_size);
  source.end();
  return source;
}

/// A task with everything around it in memory: what one process holds.
class TaskProcess {
 public:
  TaskProcess(StateStore& store, const Config& config)
      : config_(config),
        learning_(100'000),
        ranking_(config.scoring.queue_max),
        figures_(registry_, clock_, titles_),
        publisher_({[this](const ListDelivery& d) { router_.deliver(d); },
                    [this](const DeadLetterDelivery& d) { router_.deliver(d); }}),
        store_(std::make_unique<FailingStore>(store)),
        task_(PartitionId{0}, config_,
              {learning_, ranking_, publisher_, figures_, lease_, clock_}) {
    lease_.confirm(clock_.boot_now());
  }

  /// Time passes and the group confirms nothing.
  void lose_lease() { clock_.advance(kLease); }
  void renew_lease() { lease_.confirm(clock_.boot_now()); }

  void fail_commit(int n) { store_->fail_commit(n); }

  std::optional<Offset> open() {
    return task_.open(std::move(store_), router_.open(PartitionId{0})).value();
  }

  Status run_once(RecordSource& source) { return task_.run_once(source, {}); }

  /// Plays scoring: makes an empty list of every request that waits, and publishes it.
  std::vector<RankRequest> serve() {
    auto requests = ranking_.pop_batch(100'000, std::chrono::microseconds{0}, {});
    for (const RankRequest& request : requests) {
      RankedList list;
      list.user = request.user;
      list.position = request.position;
      list.forgets = request.forgets;
      EXPECT_TRUE(publisher_.publish(list));
    }
    return requests;
  }

  FakePublisher& publisher() { return publisher_; }
  PartitionTask& task() { return task_; }
  std::size_t examples() const { return learning_.size(); }

 private:
  const Config config_;
  ManualClock clock_;
  prometheus::Registry registry_;
  TitleBook titles_{1'000};
  LearningQueue learning_;
  RankQueue ranking_;
  DeliveryRouter router_{config_};
  Lease lease_{clock_, kLease};
  PipelineFigures figures_;
  FakePublisher publisher_;
  std::unique_ptr<FailingStore> store_;
  PartitionTask task_;
};

inline Users users_of(StateStore& store) {
  Users users;
  EXPECT_TRUE(store.visit_users([&](auto user, auto state) { users.emplace(user, state); }));
  return users;
}

}  // namespace freshet
