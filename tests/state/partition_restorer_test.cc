// Which state a partition starts from, with real databases and snapshots of them.

#include "state/partition_restorer.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "state/take_snapshot.h"
#include "state_samples.h"
#include "tests/fakes/damaged_tables.h"
#include "tests/fakes/memory_snapshot_store.h"
#include "tests/fakes/temporary_directory.h"

namespace freshet {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

const TopicPartition kPartition{"events", 4, PartitionId{3}};

LogMark mark_at(std::int64_t offset) {
  return {Offset{offset}, static_cast<std::uint64_t>(offset) * 31 + 7};
}

LogView log_from(std::int64_t low, std::int64_t high) {
  return {kPartition, {Offset{low}, Offset{high}}, [](Offset offset) {
            return Result<std::optional<LogMark>>(mark_at(offset.value));
          }};
}

/// One process with a state directory of its own; all share the snapshots.
class Instance {
 public:
  Instance(SnapshotStore* snapshots, GapPolicy policy = GapPolicy::kFail)
      : snapshots_(snapshots), policy_(policy) {
    config_.directory = directory_.path();
  }

  Result<RestoredPartition> restore(const LogView& log = log_from(0, 1'000)) {
    return PartitionRestorer(config_, resources_, snapshots_, policy_).restore(log);
  }

  /// Takes the partition over; returns the offset it goes on from, -1 = refused.
  std::int64_t start(const LogView& log = log_from(0, 1'000)) {
    auto restored = restore(log);
    if (!restored) {
      refusal_ = restored.error().text;
      return -1;
    }
    warnings_ = restored->warnings;
    kind_ = restored->kind;
    writer_.emplace(*snapshots_, kPartition);
    if (restored->snapshot) writer_->know(*restored->snapshot);
    store_ = std::move(restored->store);
    const auto recovery = store_->recover();
    EXPECT_TRUE(recovery) << recovery.error().text;
    epoch_ = recovery->epoch;
    next_ = recovery->next_offset.value_or(log.watermarks.low).value;
    return next_;
  }

  /// Folds records up to `offset`: every user's state says the newest.
  void fold_to(std::int64_t offset) {
    for (; next_ < offset; ++next_) {
      Commit commit;
      commit.next_offset = Offset{next_ + 1};
      commit.states.emplace_back("user" + std::to_string(next_ % 7), std::to_string(next_));
      commit.owed.push_back({"user" + std::to_string(next_ % 7), Offset{next_}, at_s(next_)});
      commit.newest_record = mark_at(next_);
      ASSERT_TRUE(store_->commit(commit));
    }
  }

  void snapshot() {
    const std::string scratch = directory_.path() + "/scratch";
    const auto taken = take_snapshot(*store_, *writer_, scratch, at_s(next_));
    ASSERT_TRUE(taken) << taken.error().text;
    EXPECT_EQ((*taken)->position.next_offset, Offset{next_});
  }

  void stop() { store_.reset(); }

  std::map<std::string, std::string> users() {
    std::map<std::string, std::string> users;
    EXPECT_TRUE(store_->visit_users([&](auto user, auto state) { users.emplace(user, state); }));
    return users;
  }

  Epoch epoch() const { return epoch_; }
  StartKind kind() const { return kind_; }
  const std::vector<std::string>& warnings() const { return warnings_; }
  const std::string& refusal() const { return refusal_; }
  std::string database() const { return directory_.path() + "/partition-3"; }

 private:
  TemporaryDirectory directory_;
  StateConfig config_;
  RocksDbResources resources_{StateConfig{}};
  SnapshotStore* snapshots_;
  const GapPolicy policy_;
  std::optional<SnapshotWriter> writer_;
  std::unique_ptr<RocksDbStore> store_;
  std::int64_t next_ = 0;
  Epoch epoch_;
  StartKind kind_ = StartKind::kNew;
  std::vector<std::string> warnings_;
  std::string refusal_;
};

/// What the users' states are after records [0, offset).
std::map<std::string, std::string> users_at(std::int64_t offset) {
  std::map<std::string, std::string> users;
  for (std::int64_t i = 0; i < offset; ++i)
    users["user" + std::to_string(i % 7)] = std::to_string(i);
  return users;
}

class PartitionRestorerTest : public testing::Test {
 protected:
  /// Leaves a database that cannot be opened.
  static void make_damaged(Instance& instance) {
    instance.start();
    instance.fold_to(50);
    instance.stop();
    for (const auto& entry : std::filesystem::directory_iterator(instance.database())) {
      if (entry.path().filename().string().starts_with("MANIFEST")) {
        std::filesystem::resize_file(entry.path(), 20);
      }
    }
  }

  MemorySnapshotStore snapshots_;
  Instance a_{&snapshots_};
  Instance b_{&snapshots_};
};

TEST_F(PartitionRestorerTest, BeginsAnewAtTheLogsLowEnd) {
  EXPECT_EQ(a_.start(log_from(5, 9)), 5);
  EXPECT_EQ(a_.kind(), StartKind::kNew);
}

TEST_F(PartitionRestorerTest, GoesOnWhereItsOwnDatabaseEnds) {
  a_.start();
  a_.fold_to(50);
  a_.stop();
  EXPECT_EQ(a_.start(), 50);
  EXPECT_EQ(a_.kind(), StartKind::kLocal);
  EXPECT_EQ(a_.users(), users_at(50));
}

TEST_F(PartitionRestorerTest, HandsAPartitionOverByItsSnapshot) {
  a_.start();
  a_.fold_to(50);
  a_.snapshot();
  a_.stop();
  EXPECT_EQ(b_.start(), 50);
  EXPECT_EQ(b_.kind(), StartKind::kSnapshot);
  EXPECT_EQ(b_.users(), users_at(50));
  EXPECT_GT(b_.epoch(), a_.epoch());
}

TEST_F(PartitionRestorerTest, HandsThePartitionToAndFroWithEpochsThatGrow) {
  Epoch newest{0};
  std::int64_t end = 0;
  for (int round = 0; round < 6; ++round) {
    Instance& owner = round % 2 == 0 ? a_ : b_;
    ASSERT_EQ(owner.start(), end) << owner.refusal();
    EXPECT_GT(owner.epoch(), newest);
    newest = owner.epoch();
    end += 37;
    owner.fold_to(end);
    EXPECT_EQ(owner.users(), users_at(end));
    owner.snapshot();
    owner.stop();
  }
}

TEST_F(PartitionRestorerTest, TakesANewEpochThoughTheOwnerBeforeLeftNoSnapshot) {
  a_.start();
  a_.fold_to(50);
  a_.snapshot();
  a_.stop();
  ASSERT_EQ(b_.start(), 50);
  b_.stop();  // As killed: its epoch stands nowhere but in the register and its own database.
  const Epoch of_b = b_.epoch();
  EXPECT_EQ(a_.start(), 50);
  EXPECT_GT(a_.epoch(), of_b);
}

TEST_F(PartitionRestorerTest, PrefersItsOwnDatabaseWhereThatIsAsNew) {
  a_.start();
  a_.fold_to(50);
  a_.snapshot();
  a_.stop();
  EXPECT_EQ(a_.start(), 50);
  EXPECT_EQ(a_.kind(), StartKind::kLocal);
}

TEST_F(PartitionRestorerTest, ReplacesAStaleDatabaseByANewerSnapshot) {
  b_.start();
  b_.fold_to(10);
  b_.stop();
  a_.start();
  a_.fold_to(50);
  a_.snapshot();
  a_.stop();
  EXPECT_EQ(b_.start(), 50);
  EXPECT_EQ(b_.users(), users_at(50));
  EXPECT_FALSE(std::filesystem::exists(b_.database() + ".replaced"));
}

TEST_F(PartitionRestorerTest, TakesTheSnapshotBeforeADamagedOne) {
  a_.start();
  a_.fold_to(50);
  a_.snapshot();
  a_.fold_to(80);
  a_.snapshot();
  a_.stop();
  // The newest snapshot's own files are altered, one after the other in three instances.
  auto objects = snapshots_.objects();
  for (const char* which : {"cut", "altered", "gone", "manifest"}) {
    snapshots_.objects() = objects;
    const std::vector<SnapshotManifest> newest =
        SnapshotCatalogue(snapshots_, kPartition).list().value().sound;
    ASSERT_EQ(newest.size(), 2u);
    const SnapshotNames names(kPartition);
    std::string victim;
    for (const SnapshotFile& file : newest[0].files) {
      const auto& before = newest[1].files;
      if (std::find(before.begin(), before.end(), file) == before.end()) victim = names.of(file);
    }
    ASSERT_NE(victim, "");
    const std::string what = which;
    if (what == "manifest") victim = names.of(newest[0]);
    if (what == "gone") snapshots_.objects().erase(victim);
    if (what == "cut" || what == "manifest") snapshots_.objects()[victim].pop_back();
    if (what == "altered") snapshots_.objects()[victim][0] ^= 1;
    Instance fresh(&snapshots_);
    EXPECT_EQ(fresh.start(), 50) << what;
    EXPECT_EQ(fresh.users(), users_at(50));
    EXPECT_THAT(fresh.warnings(), Contains(HasSubstr("passed over"))) << what;
  }
}

TEST_F(PartitionRestorerTest, RefusesToForgetASnapshotThatCannotBeRead) {
  a_.start();
  a_.fold_to(50);
  a_.snapshot();
  a_.stop();
  for (auto& [name, bytes] : snapshots_.objects()) {
    if (!bytes.empty()) bytes.pop_back();
  }
  EXPECT_EQ(b_.start(), -1);
  EXPECT_THAT(b_.refusal(), HasSubstr("no state is left to start from"));
  Instance c(&snapshots_, GapPolicy::kReset);
  EXPECT_EQ(c.start(), 0);
  EXPECT_EQ(c.kind(), StartKind::kNew);
}

TEST_F(PartitionRestorerTest, ReplacesADamagedDatabaseByASnapshot) {
  a_.start();
  a_.fold_to(50);
  a_.snapshot();
  a_.stop();
  make_damaged(a_);
  EXPECT_EQ(a_.start(), 50) << a_.refusal();
  EXPECT_EQ(a_.kind(), StartKind::kSnapshot);
  EXPECT_EQ(a_.users(), users_at(50));
  EXPECT_TRUE(std::filesystem::exists(a_.database() + ".replaced")) << "kept to be looked at";
}

TEST_F(PartitionRestorerTest, PassesOverASnapshotThatWasTakenOfADamagedDatabase) {
  a_.start();
  a_.fold_to(50);
  a_.snapshot();
  a_.stop();
  a_.start();
  a_.fold_to(60);
  a_.stop();
  a_.start();  // Writes tables out of the log.
  a_.stop();
  ASSERT_GT(damage_tables(a_.database()), 0);
  a_.start();
  a_.fold_to(70);
  a_.snapshot();
  a_.stop();

  EXPECT_EQ(b_.start(), 50) << b_.refusal();
  EXPECT_THAT(b_.warnings(), Contains(HasSubstr("checksum mismatch")));
  EXPECT_EQ(b_.users(), users_at(50));
}

TEST_F(PartitionRestorerTest, ReplaysInPlaceOfADamagedDatabaseOnlyWhereToldTo) {
  make_damaged(a_);
  EXPECT_EQ(a_.start(), -1);
  EXPECT_THAT(a_.refusal(), HasSubstr("ingest.kafka.on_gap: reset_state"));

  Instance reset(&snapshots_, GapPolicy::kReset);
  make_damaged(reset);
  EXPECT_EQ(reset.start(), 0) << reset.refusal();
  EXPECT_EQ(reset.kind(), StartKind::kNew);
  EXPECT_TRUE(std::filesystem::exists(reset.database() + ".replaced")) << "kept to be looked at";
}

TEST_F(PartitionRestorerTest, RefusesAStateThatDoesNotFitTheLogAndLeavesItAlone) {
  a_.start();
  a_.fold_to(50);
  a_.stop();
  EXPECT_EQ(a_.start(log_from(60, 90)), -1);
  EXPECT_THAT(a_.refusal(), HasSubstr("10 records are gone"));
  EXPECT_EQ(a_.start(log_from(0, 90)), 50);
}

TEST_F(PartitionRestorerTest, ResetsAStateThatDoesNotFitAndKeepsItAside) {
  Instance reset(&snapshots_, GapPolicy::kReset);
  reset.start();
  reset.fold_to(50);
  const Epoch before = reset.epoch();
  reset.stop();
  EXPECT_EQ(reset.start(log_from(60, 90)), 60);
  EXPECT_THAT(reset.users(), IsEmpty());
  EXPECT_GT(reset.epoch(), before);
  EXPECT_TRUE(std::filesystem::exists(reset.database() + ".replaced"));
}

TEST_F(PartitionRestorerTest, WorksWithoutSnapshots) {
  TemporaryDirectory directory;
  StateConfig config;
  config.directory = directory.path();
  const RocksDbResources resources{config};
  PartitionRestorer restorer(config, resources, nullptr, GapPolicy::kFail);
  Epoch before{0};
  for (int round = 0; round < 3; ++round) {
    auto restored = restorer.restore(log_from(0, 10));
    ASSERT_TRUE(restored) << restored.error().text;
    const auto recovery = restored->store->recover();
    ASSERT_TRUE(recovery);
    EXPECT_GT(recovery->epoch, before);
    before = recovery->epoch;
  }
}

TEST_F(PartitionRestorerTest, PassesOnThatTheSnapshotStoreIsAway) {
  snapshots_.fail_write(1);
  EXPECT_EQ(a_.start(), -1);
  EXPECT_THAT(a_.refusal(), HasSubstr("planted failure"));
}

}  // namespace
}  // namespace freshet
