#pragma once

#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/partition/partition_task.h"
#include "state/memory_store.h"
#include "tests/app/click_log.h"
#include "tests/fakes/failing_store.h"
#include "tests/fakes/fake_publisher.h"
#include "tests/fakes/fake_source.h"
#include "tests/fakes/manual_clock.h"

namespace freshet {

using Users = std::map<std::string, std::string>;

inline constexpr std::chrono::milliseconds kLease{10'000};

/// A task with everything around it in memory: what one process holds.
class Process {
 public:
  Process(StateStore& store, const Config& config)
      : config_(config),
        learning_(100'000),
        ranking_(config.scoring.queue_max),
        figures_(registry_, clock_, titles_),
        publisher_({[this](const ListDelivery& d) { router_.deliver(d); },
                    [this](const DeadLetterDelivery& d) { router_.deliver(d); }}),
        owned_store_(std::make_unique<FailingStore>(store)),
        store_(owned_store_.get()),
        task_(PartitionId{0}, config_,
              {learning_, ranking_, publisher_, figures_, lease_, clock_, &active_users_}) {
    lease_.confirm(clock_.boot_now());
  }

  /// Time passes and the group confirms nothing.
  void lose_lease() { clock_.advance(kLease); }
  void renew_lease() { lease_.confirm(clock_.boot_now()); }
  /// Time passes in a group that confirms what is owned.
  void pass(std::chrono::milliseconds time) {
    clock_.advance(time);
    renew_lease();
  }

  void fail_commit(int n) { store_->fail_commit(n); }
  void fill_disk(int n) { store_->fill_disk(n); }

  std::optional<Offset> open() {
    return task_.open(std::move(owned_store_), router_.open(PartitionId{0})).value();
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

  /// Plays scoring that wants a list made again.
  DeliveryRouter::Asked ask(const RefreshWish& wish) { return router_.ask(wish); }

  /// Plays scoring that is told of active users.
  std::vector<ActiveUser> found() {
    return active_users_.pop_batch(100, std::chrono::microseconds{0}, {});
  }

  FakePublisher& publisher() { return publisher_; }
  PartitionTask& task() { return task_; }
  const PipelineFigures& figures() const { return figures_; }
  std::size_t examples() const { return learning_.size(); }

 private:
  const Config config_;
  ManualClock clock_;
  prometheus::Registry registry_;
  TitleBook titles_{1'000};
  LearningQueue learning_;
  RankQueue ranking_;
  ActiveUserQueue active_users_{100};
  DeliveryRouter router_{config_};
  Lease lease_{clock_, kLease};
  PipelineFigures figures_;
  FakePublisher publisher_;
  std::unique_ptr<FailingStore> owned_store_;
  FailingStore* const store_;  // The task's, once it is open.
  PartitionTask task_;
};

inline Users users_of(StateStore& store) {
  Users users;
  EXPECT_TRUE(store.visit_users([&](auto user, auto state) { users.emplace(user, state); }));
  return users;
}

/// Folds the whole log one record at a time.
inline Users replay(const std::vector<std::string>& log) {
  MemoryStore store;
  Process process(store, Config{});
  process.open();
  FakeSource source = source_of(log, Offset{0}, 1);
  while (!source.exhausted()) {
    EXPECT_TRUE(process.run_once(source));
    process.serve();
  }
  return users_of(store);
}

}  // namespace freshet
