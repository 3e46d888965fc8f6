// What every SnapshotStore must do, run on each of them.

#include <gmock/gmock.h>

#include <atomic>
#include <fstream>
#include <functional>
#include <memory>
#include <thread>

#include "config/durable_file.h"
#include "state/directory_snapshot_store.h"
#include "tests/fakes/memory_snapshot_store.h"
#include "tests/fakes/temporary_directory.h"

namespace freshet {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Kind {
  const char* name;
  std::function<std::unique_ptr<SnapshotStore>(const std::string& directory)> make;
};

class SnapshotStoreContract : public testing::TestWithParam<Kind> {
 protected:
  SnapshotStore& store() { return *store_; }
  std::string file(const std::string& bytes) { return scratch_.write("file", bytes); }
  Status put(const std::string& name, const std::string& path) {
    return store().put_files(std::vector<FileToStore>{{name, path}});
  }
  std::string fetched(const std::string& name) {
    const std::string path = scratch_.path() + "/fetched";
    EXPECT_TRUE(remove_tree(path));
    EXPECT_TRUE(store().fetch_file(name, path));
    return read_file(path).value_or("no file");
  }

  TemporaryDirectory directory_;
  TemporaryDirectory scratch_;
  std::unique_ptr<SnapshotStore> store_ = GetParam().make(directory_.path() + "/store");
};

TEST_P(SnapshotStoreContract, GivesBackWhatWasPut) {
  const std::string bytes("a\0b\n", 4);
  ASSERT_TRUE(put("a/b/one", file(bytes)));
  ASSERT_TRUE(put("a/b/empty", file("")));
  EXPECT_EQ(fetched("a/b/one"), bytes);
  EXPECT_EQ(fetched("a/b/empty"), "");
  EXPECT_EQ(store().read("a/b/one").value_or("none"), bytes);
}

TEST_P(SnapshotStoreContract, TakesManyFilesAtOnce) {
  const std::vector<FileToStore> files{{"a/1", scratch_.write("1", "one")},
                                       {"b/2", scratch_.write("2", "two")}};
  ASSERT_TRUE(store().put_files(files));
  EXPECT_EQ(fetched("a/1"), "one");
  EXPECT_EQ(fetched("b/2"), "two");
  EXPECT_TRUE(store().put_files({}));
}

TEST_P(SnapshotStoreContract, ReplacesAFileThatIsPutAgain) {
  ASSERT_TRUE(put("one", file("before")));
  ASSERT_TRUE(put("one", file("after")));
  EXPECT_EQ(fetched("one"), "after");
}

TEST_P(SnapshotStoreContract, SaysThatAnObjectIsNotThere) {
  const auto read = store().read("a/none");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kNotFound);
  const auto fetch = store().fetch_file("a/none", scratch_.path() + "/fetched");
  ASSERT_FALSE(fetch);
  EXPECT_EQ(fetch.error().code, ErrorCode::kNotFound);
}

TEST_P(SnapshotStoreContract, ListsByPrefixSortedWithSizes) {
  ASSERT_TRUE(put("a/2", file("22")));
  ASSERT_TRUE(put("a/1", file("1")));
  ASSERT_TRUE(store().create("a/deep/3", "333"));
  ASSERT_TRUE(store().create("ab/4", "4"));
  const auto list = store().list("a/");
  ASSERT_TRUE(list);
  EXPECT_THAT(*list, ElementsAre(StoredObject{"a/1", 1}, StoredObject{"a/2", 2},
                                 StoredObject{"a/deep/3", 3}));
  EXPECT_THAT(store().list("none/").value(), IsEmpty());
}

TEST_P(SnapshotStoreContract, CreatesOnceAndKeepsTheFirst) {
  EXPECT_EQ(store().create("one", "first").value_or(false), true);
  EXPECT_EQ(store().create("one", "second").value_or(true), false);
  EXPECT_EQ(store().read("one").value_or("none"), "first");
}

TEST_P(SnapshotStoreContract, LetsOneOfManyCreate) {
  std::atomic<int> created{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back(
          [&] { created += store().create("a/one", "x").value_or(false) ? 1 : 0; });
    }
  }
  EXPECT_EQ(created, 1);
  EXPECT_THAT(store().list("a/").value(), ElementsAre(StoredObject{"a/one", 1}));
}

TEST_P(SnapshotStoreContract, RemovesWhatIsThereOrNot) {
  ASSERT_TRUE(store().create("a/one", "x"));
  EXPECT_TRUE(store().remove("a/one"));
  EXPECT_TRUE(store().remove("a/one"));
  EXPECT_TRUE(store().remove("never/there"));
  EXPECT_THAT(store().list("a/").value(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    Stores, SnapshotStoreContract,
    testing::Values(Kind{"Memory",
                         [](const auto&) { return std::make_unique<MemorySnapshotStore>(); }},
                    Kind{"Directory",
                         [](const std::string& directory) {
                           return std::move(*DirectorySnapshotStore::open(directory));
                         }}),
    [](const auto& kind) { return kind.param.name; });

TEST(DirectorySnapshotStore, ShowsNoFileThatIsStillWritten) {
  TemporaryDirectory directory;
  auto store = DirectorySnapshotStore::open(directory.path());
  ASSERT_TRUE(store);
  ASSERT_TRUE((*store)->create("a/one", "x"));
  directory.write("a/.tmp-1-2", "half of i");
  EXPECT_THAT((*store)->list("a/").value(), ElementsAre(StoredObject{"a/one", 1}));
}

TEST(DirectorySnapshotStore, SaysThatItsDirectoryCannotBeMade) {
  TemporaryDirectory directory;
  const auto store = DirectorySnapshotStore::open(directory.write("file", "") + "/below");
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(store.error().text, testing::HasSubstr(directory.path()));
}

}  // namespace
}  // namespace freshet
