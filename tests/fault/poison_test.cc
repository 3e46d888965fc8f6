#include <gtest/gtest.h>
#include <prometheus/registry.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "app/partition/partition_task.h"
#include "state/rocksdb_store.h"
#include "tests/fakes/fake_publisher.h"
#include "tests/fakes/fake_source.h"
#include "tests/fakes/temporary_directory.h"

namespace freshet {
namespace {

constexpr std::int64_t kStartMs = 1'750'000'000'000;
constexpr const char* kPoisonUser = "poison";

/// RocksDB, but loading one user's state kills the process.
class DeadlyStore final : public StateStore {
 public:
  explicit DeadlyStore(std::unique_ptr<StateStore> store) : store_(std::move(store)) {}

  Result<Recovery> recover() override { return store_->recover(); }
  Result<std::vector<std::optional<std::string>>> load(std::span<const UserId> users) override {
    for (const UserId& user : users) {
      if (user == kPoisonUser) ::raise(SIGKILL);
    }
    return store_->load(users);
  }
  Status commit(const Commit& commit) override { return store_->commit(commit); }
  Status note(const Attempt& attempt) override { return store_->note(attempt); }
  void close() override { store_->close(); }
  Status visit_users_between(const UserId& begin, const UserId& end,
                             const UserVisitor& visit) override {
    return store_->visit_users_between(begin, end, visit);
  }

 private:
  std::unique_ptr<StateStore> store_;
};

std::string click(const std::string& user, std::int64_t i) {
  return R"({"type":"click","user_id":")" + user + R"(","item_id":"i","event_time":)" +
         std::to_string(kStartMs + i) + "}";
}

/// Thirty clicks of as many users with two poisons among them, read ten at a time.
constexpr std::int64_t kRecords = 30;
constexpr Offset kFirstPoison{13};
constexpr Offset kSecondPoison{17};

FakeSource source_from(Offset start) {
  FakeSource source;
  for (std::int64_t i = 0; i < kRecords; ++i) {
    const bool poison = i == kFirstPoison.value || i == kSecondPoison.value;
    source.append(click(poison ? kPoisonUser : "u" + std::to_string(i), i));
  }
  source.start_at(start);
  source.end();
  return source;
}

/// Reads the log to its end as the program does; returns the exit status.
int run_to_the_end(const std::string& directory) {
  Config config;
  config.ingest.batch_records_max = 10;
  const SystemClock clock;
  Lease lease(clock, std::chrono::milliseconds{0});
  lease.hold_for_ever();
  prometheus::Registry registry;
  const TitleBook titles{1};
  PipelineFigures figures(registry, clock, titles);
  LearningQueue learning(1'000);
  RankQueue ranking(1'000);
  FakePublisher publisher({});
  publisher.hold();  // Dead letters stay in the database.
  const RocksDbResources resources{config.state};
  auto store = RocksDbStore::open(directory, resources);
  if (!store) return 1;
  PartitionTask task(PartitionId{0}, config, {learning, ranking, publisher, figures, lease, clock});
  const auto start = task.open(std::make_unique<DeadlyStore>(std::move(*store)),
                               std::make_shared<DeliveryInbox>(1'000));
  if (!start) return 1;
  FakeSource source = source_from(start->value_or(Offset{0}));
  while (!source.exhausted()) {
    if (!task.run_once(source, {})) return 1;
  }
  return 0;
}

/// Starts the process again and again until it ends by itself; returns how often it was killed.
int deaths_until_done(const std::string& directory) {
  for (int deaths = 0; deaths < 20; ++deaths) {
    const pid_t process = ::fork();
    if (process == 0) std::_Exit(run_to_the_end(directory));
    int status = 0;
    ::waitpid(process, &status, 0);
    if (WIFEXITED(status)) return WEXITSTATUS(status) == 0 ? deaths : -1;
  }
  return -1;
}

TEST(Poison, IsSetAsideAfterThreeDeathsWithoutAPerson) {
  const TemporaryDirectory directory;

  EXPECT_EQ(deaths_until_done(directory.path() + "/state"), 6) << "three for each of two";

  const RocksDbResources resources{StateConfig{}};
  auto store = RocksDbStore::open(directory.path() + "/state", resources);
  ASSERT_TRUE(store) << store.error().text;
  const auto recovery = (*store)->recover();
  ASSERT_TRUE(recovery);
  EXPECT_EQ(recovery->next_offset, Offset{kRecords});
  ASSERT_EQ(recovery->dead_letters.size(), 2u);
  EXPECT_EQ(recovery->dead_letters[0].offset, kFirstPoison);
  EXPECT_EQ(recovery->dead_letters[1].offset, kSecondPoison);
  for (const DeadLetter& letter : recovery->dead_letters) {
    EXPECT_EQ(letter.why.reason, BadRecordReason::kPoison);
    EXPECT_EQ(letter.value, click(kPoisonUser, letter.offset.value));
  }
  std::size_t users = 0;
  ASSERT_TRUE((*store)->visit_users([&](auto, auto) { ++users; }));
  EXPECT_EQ(users, static_cast<std::size_t>(kRecords) - 2) << "the others are folded";
}

}  // namespace
}  // namespace freshet
