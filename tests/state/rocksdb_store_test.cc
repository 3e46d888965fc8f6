#include "state/rocksdb_store.h"

#include <gmock/gmock.h>

#include <fstream>

#include "tests/fakes/damaged_tables.h"
#include "tests/fakes/temporary_directory.h"

namespace freshet {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(RocksDbStore, NamesTheLockWhenTheDirectoryIsInUse) {
  TemporaryDirectory directory;
  const RocksDbResources resources{StateConfig{}};
  const auto first = RocksDbStore::open(directory.path(), resources);
  ASSERT_TRUE(first) << first.error().text;

  const auto second = RocksDbStore::open(directory.path(), resources);

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(second.error().text,
              AllOf(HasSubstr(directory.path() + "/LOCK"), HasSubstr("Another process uses it"),
                    Not(HasSubstr("\n"))));
}

TEST(RocksDbStore, OpensAgainOnceTheFirstIsClosed) {
  TemporaryDirectory directory;
  const RocksDbResources resources{StateConfig{}};
  ASSERT_TRUE(RocksDbStore::open(directory.path(), resources));
  EXPECT_TRUE(RocksDbStore::open(directory.path(), resources));
}

TEST(RocksDbStore, SaysThatADirectoryCannotBeMade) {
  TemporaryDirectory directory;
  const std::string file = directory.path() + "/file";
  std::ofstream(file) << "not a directory";
  const auto store = RocksDbStore::open(file + "/partition-0", RocksDbResources{StateConfig{}});
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(store.error().text, AllOf(HasSubstr(file), HasSubstr("state.directory")));
}

TEST(RocksDbStore, CallsBrokenFilesCorruptNotLocked) {
  TemporaryDirectory directory;
  const RocksDbResources resources{StateConfig{}};
  {
    auto store = RocksDbStore::open(directory.path(), resources);
    ASSERT_TRUE(store);
    ASSERT_TRUE((*store)->recover());
  }
  for (const auto& entry : std::filesystem::directory_iterator(directory.path())) {
    if (!entry.path().filename().string().starts_with("MANIFEST")) continue;
    std::fstream manifest(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    manifest.seekp(16);
    manifest.write("broken broken broken", 20);
  }
  const auto store = RocksDbStore::open(directory.path(), resources);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::kCorrupt);
  EXPECT_THAT(store.error().text, Not(HasSubstr("Another process")));
}

TEST(RocksDbStore, WritesNothingWhereTheDiskHasTooLittleRoom) {
  TemporaryDirectory directory;
  StateConfig config;
  auto store = RocksDbStore::open(directory.path(), RocksDbResources{config});
  ASSERT_TRUE(store);
  ASSERT_TRUE((*store)->recover());
  store->reset();
  config.disk_free_min_bytes = std::filesystem::space(directory.path()).capacity;

  store = RocksDbStore::open(directory.path(), RocksDbResources{config});

  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::kNoSpace);
  EXPECT_THAT(store.error().text, HasSubstr("state.disk_free_min_bytes"));
}

/// A database whose states lie in tables, with flipped bytes in each.
void make_damaged(const std::string& directory, const RocksDbResources& resources) {
  {
    auto store = RocksDbStore::open(directory, resources);
    ASSERT_TRUE((*store)->recover());
    Commit commit;
    commit.next_offset = Offset{100};
    for (int i = 0; i < 100; ++i) commit.states.emplace_back("user" + std::to_string(i), "state");
    ASSERT_TRUE((*store)->commit(commit));
  }
  ASSERT_TRUE(RocksDbStore::open(directory, resources));  // Writes tables out of the log.
  EXPECT_GT(damage_tables(directory), 0);
}

TEST(RocksDbStore, RefusesADatabaseOnceADamagedTableWasMet) {
  TemporaryDirectory directory;
  const RocksDbResources resources{StateConfig{}};
  make_damaged(directory.path(), resources);
  {
    auto store = RocksDbStore::open(directory.path(), resources);
    ASSERT_TRUE(store) << "opening does not read every block";
    const UserId user = "user7";
    const auto loaded = (*store)->load({&user, 1});
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, ErrorCode::kCorrupt);
  }
  const auto again = RocksDbStore::open(directory.path(), resources);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kCorrupt);
  EXPECT_THAT(again.error().text, AllOf(HasSubstr("is damaged"), HasSubstr("checksum mismatch")));
}

TEST(RocksDbStore, FindsADamagedTableWhenItIsVerified) {
  TemporaryDirectory directory;
  const RocksDbResources resources{StateConfig{}};
  make_damaged(directory.path(), resources);
  const auto store = RocksDbStore::open(directory.path(), resources);
  ASSERT_TRUE(store);
  const Status verified = (*store)->verify();
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().code, ErrorCode::kCorrupt);
}

// Else so many would have each other write files all the time.
TEST(RocksDbStore, ManyPartitionsFitIntoTheMemoryThatTheyShare) {
  constexpr int kPartitions = 64;
  TemporaryDirectory directory;
  const StateConfig config;
  const RocksDbResources resources{config};
  std::vector<std::unique_ptr<RocksDbStore>> stores;
  for (int i = 0; i < kPartitions; ++i) {
    auto store = RocksDbStore::open(directory.path() + "/" + std::to_string(i), resources);
    ASSERT_TRUE(store) << store.error().text;
    ASSERT_TRUE((*store)->recover());
    ASSERT_TRUE((*store)->commit({.next_offset = Offset{1},
                                  .states = {{"anna", "a state"}},
                                  .owed = {{"anna", Offset{0}, {}}}}));
    stores.push_back(std::move(*store));
  }

  EXPECT_LT(resources.memory_bytes(), config.write_buffer_bytes / 2);
}

TEST(RocksDbStore, ReportsItsFigures) {
  TemporaryDirectory directory;
  const RocksDbResources resources{StateConfig{}};
  auto store = RocksDbStore::open(directory.path(), resources);
  ASSERT_TRUE(store);
  ASSERT_TRUE((*store)->recover());
  Commit commit;
  for (int i = 0; i < 100; ++i) commit.states.emplace_back("user" + std::to_string(i), "state");
  ASSERT_TRUE((*store)->commit(commit));
  EXPECT_EQ((*store)->figures().users_estimate, 100u);
  EXPECT_GT((*store)->figures().memtable_bytes, 0u);
  EXPECT_GT(resources.memory_bytes(), 0u);
}

}  // namespace
}  // namespace freshet
