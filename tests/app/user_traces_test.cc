#include "app/commands/user_traces.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <stop_token>
#include <thread>

#include "state/directory_snapshot_store.h"
#include "state/rocksdb_store.h"
#include "state/take_snapshot.h"
#include "tests/fakes/temporary_directory.h"

namespace freshet {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr EventTime kNow{std::chrono::milliseconds{1'750'000'000'000}};

auto trace(const std::string& place, const std::string& what) {
  return AllOf(Field(&UserTrace::place, HasSubstr(place)),
               Field(&UserTrace::what, HasSubstr(what)));
}

class UserTracesTest : public testing::Test {
 protected:
  UserTracesTest() {
    config_.state.directory = directory_.path() + "/state";
    config_.state.snapshots.directory = directory_.path() + "/snapshots";
    config_.scoring.learning.directory = directory_.path() + "/model";
    auto store = RocksDbStore::open(config_.state.directory + "/partition-0", resources_);
    EXPECT_TRUE(store) << store.error().text;
    store_ = std::move(*store);
    EXPECT_TRUE(store_->recover());
    DeadLetter letter;
    letter.offset = Offset{7};
    letter.key = "u";
    commit({.next_offset = Offset{9},
            .states = {{"u", "state"}, {"v", "state"}},
            .owed = {{"u", Offset{8}, kNow}},
            .dead_letters = {letter},
            .newest_record = LogMark{Offset{8}, 1}});
  }

  void commit(const Commit& commit) { ASSERT_TRUE(store_->commit(commit)); }

  void erase() {
    commit({.next_offset = Offset{9},
            .settled_dead_letters = {Offset{7}},
            .newest_record = LogMark{Offset{8}, 1},
            .erased = {"u"},
            .forgotten = {{user_hash("u"), kNow, Offset{9}}}});
  }

  void take_a_snapshot() {
    auto snapshots = DirectorySnapshotStore::open(config_.state.snapshots.directory);
    ASSERT_TRUE(snapshots);
    SnapshotWriter writer(**snapshots, {"events", 1, PartitionId{0}});
    const auto taken = take_snapshot(*store_, writer, directory_.path() + "/copy", kNow);
    ASSERT_TRUE(taken) << taken.error().text;
  }

  UserTraces find(const UserId& user) {
    auto found = find_user_traces(config_, user, false);
    EXPECT_TRUE(found) << found.error().text;
    return found.value_or(UserTraces{});
  }

  TemporaryDirectory directory_;
  Config config_;
  const RocksDbResources resources_{StateConfig{}};
  std::unique_ptr<RocksDbStore> store_;
};

TEST_F(UserTracesTest, NamesAllThatADatabaseInUseHoldsOfAUser) {
  const UserTraces found = find("u");
  EXPECT_THAT(found.traces, ElementsAre(trace("partition-0", "a state"),
                                        trace("partition-0", "a list that is owed"),
                                        trace("partition-0", "dead letter of offset 7")));
  EXPECT_EQ(found.databases, 1u);
  EXPECT_THAT(find("v").traces, SizeIs(1));
  EXPECT_THAT(find("nobody").traces, IsEmpty());
}

TEST_F(UserTracesTest, LooksPastACopyThatIsBeingRemoved) {
  const std::string copy = config_.state.directory + "/partition-0.snapshot";
  std::jthread keeper([&](std::stop_token stop) {
    std::error_code ignored;
    while (!stop.stop_requested()) {
      std::filesystem::create_directories(copy, ignored);
      std::ofstream(copy + "/CURRENT") << "MANIFEST-000001\n";  // Which is gone already.
      std::filesystem::remove_all(copy, ignored);
    }
  });
  for (int round = 0; round < 20; ++round) EXPECT_EQ(find("u").databases, 1u);
}

TEST_F(UserTracesTest, SaysWhatItCouldNotRead) {
  const std::string broken = config_.state.directory + "/partition-1";
  std::filesystem::create_directories(broken);
  std::ofstream(broken + "/CURRENT") << "MANIFEST-000001\n";
  const auto found = find_user_traces(config_, "u", false);
  ASSERT_FALSE(found) << "a proof leaves nothing out";
  EXPECT_THAT(found.error().text, testing::HasSubstr("partition-1"));
}

TEST_F(UserTracesTest, FindsNothingButTheHashOfAForgottenUser) {
  erase();
  const UserTraces found = find("u");
  EXPECT_THAT(found.traces, IsEmpty());
  EXPECT_THAT(found.notes, ElementsAre(trace("partition-0", "forgotten as of 2025-06-15")));
}

TEST_F(UserTracesTest, SaysWhichSnapshotStillHasTheUserAndUntilWhen) {
  take_a_snapshot();
  erase();
  const UserTraces found = find("u");
  EXPECT_EQ(found.snapshots, 1u);
  EXPECT_THAT(found.traces, testing::Contains(trace("manifests/", "a state, taken 2025-06-15")));
  EXPECT_THAT(found.traces, testing::Contains(trace("manifests/", "it goes when ")));

  take_a_snapshot();  // At the same offset: it takes the place of the one before.
  EXPECT_THAT(find("u").traces, IsEmpty());
  EXPECT_THAT(find("v").traces, SizeIs(2));
}

TEST_F(UserTracesTest, FindsAUsersIdInAFileOfTheModelAsAWord) {
  erase();
  std::filesystem::create_directories(config_.scoring.learning.directory);
  const std::string path = config_.scoring.learning.directory + "/file";
  std::ofstream(path) << std::string((1 << 20) - 2, '.') << "sun userx";
  EXPECT_THAT(find("u").traces, IsEmpty());
  EXPECT_THAT(find("user").traces, IsEmpty());
  EXPECT_THAT(find("userx").traces, ElementsAre(trace(path, "bytes")));
  EXPECT_THAT(find("sun").traces, ElementsAre(trace(path, "bytes"))) << "over the end of a block";
}

TEST_F(UserTracesTest, WritesJson) {
  erase();
  EXPECT_THAT(to_json("u", find("u")),
              AllOf(HasSubstr(R"("user_id":"u","traces":[])"), HasSubstr(R"("databases":1)")));
}

}  // namespace
}  // namespace freshet
