// Snapshots of a directory of files: manifest, writer, catalogue.

#include <gmock/gmock.h>

#include <filesystem>
#include <random>

#include "config/durable_file.h"
#include "state/epoch_register.h"
#include "state/snapshot_catalogue.h"
#include "state/snapshot_writer.h"
#include "state_samples.h"
#include "tests/fakes/memory_snapshot_store.h"
#include "tests/fakes/temporary_directory.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace freshet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const TopicPartition kPartition{"events", 4, PartitionId{3}};
constexpr Epoch kOwner{100};

/// A manifest as another program may have written it.
std::string with_checksum(const std::string& body) {
  char digits[20];
  std::snprintf(digits, sizeof digits, "%016llx",
                static_cast<unsigned long long>(XXH3_64bits(body.data(), body.size())));
  return body + "\n" + digits + "\n";
}

SnapshotManifest sample_manifest() {
  return {kPartition,
          {Offset{1000}, Epoch{7}, LogMark{Offset{998}, 0xfedcba9876543210}},
          at_s(5),
          {{"000012.sst", 1 << 20, 0x0123456789abcdef}, {"CURRENT", 16, 1}}};
}

TEST(SnapshotManifest, IsReadAsItWasWritten) {
  const SnapshotManifest manifest = sample_manifest();
  const auto read = decode_manifest(encode(manifest));
  ASSERT_TRUE(read) << read.error().text;
  EXPECT_EQ(*read, manifest);
  SnapshotManifest without_record = manifest;
  without_record.position.newest_record.reset();
  EXPECT_EQ(decode_manifest(encode(without_record)).value(), without_record);
}

TEST(SnapshotManifest, IsRefusedWhereverItIsCut) {
  const std::string whole = encode(sample_manifest());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto read = decode_manifest(whole.substr(0, size));
    ASSERT_FALSE(read) << size;
    EXPECT_EQ(read.error().code, ErrorCode::kCorrupt);
  }
}

TEST(SnapshotManifest, IsRefusedWhereverItIsAltered) {
  const std::string whole = encode(sample_manifest());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string altered = whole;
    altered[i] = static_cast<char>(altered[i] ^ 1);
    EXPECT_FALSE(decode_manifest(altered)) << i;
  }
}

class SnapshotTest : public testing::Test {
 protected:
  void write_file(const std::string& name, const std::string& bytes) {
    database_.write(name, bytes);
  }

  SnapshotCost snapshot(std::int64_t next_offset, std::int64_t epoch = 1) {
    const auto cost = writer_.write(
        database_.path(), {Offset{next_offset}, Epoch{epoch}, std::nullopt}, at_s(next_offset));
    EXPECT_TRUE(cost) << cost.error().text;
    return cost.value_or(SnapshotCost{});
  }

  std::vector<SnapshotManifest> sound() { return catalogue_.list().value().sound; }

  std::vector<std::int64_t> offsets() {
    std::vector<std::int64_t> offsets;
    for (const auto& manifest : sound()) {
      offsets.push_back(manifest.position.next_offset->value);
    }
    return offsets;
  }

  SnapshotManifest newest() { return sound().front(); }

  Status fetch(const SnapshotManifest& manifest) {
    EXPECT_TRUE(remove_tree(restored_));
    return catalogue_.fetch(manifest, restored_);
  }

  std::string restored(const std::string& name) {
    return read_file(restored_ + "/" + name).value_or("no file");
  }

  std::string& object_ending_in(const std::string& ending) {
    for (auto& [name, bytes] : store_.objects()) {
      if (name.ends_with(ending)) return bytes;
    }
    ADD_FAILURE() << "no object " << ending;
    return store_.objects()[""];
  }

  TemporaryDirectory database_;
  TemporaryDirectory target_;
  const std::string restored_ = target_.path() + "/restored";
  MemorySnapshotStore store_;
  SnapshotWriter writer_{store_, kPartition};
  SnapshotCatalogue catalogue_{store_, kPartition};
};

TEST_F(SnapshotTest, BringsEveryFileBack) {
  write_file("000001.sst", "table");
  write_file("CURRENT", "MANIFEST-1");
  snapshot(10);
  ASSERT_TRUE(fetch(newest()));
  EXPECT_EQ(restored("000001.sst"), "table");
  EXPECT_EQ(restored("CURRENT"), "MANIFEST-1");
}

TEST_F(SnapshotTest, CopiesOnlyWhatTheStoreDoesNotHave) {
  write_file("000001.sst", std::string(1000, 'a'));
  write_file("CURRENT", "1");
  EXPECT_EQ(snapshot(10).copied_bytes, 1001u);
  write_file("000002.sst", std::string(200, 'b'));
  write_file("CURRENT", "2");
  const SnapshotCost cost = snapshot(20);
  EXPECT_EQ(cost.copied_bytes, 201u);
  EXPECT_EQ(cost.copied_files, 2u);
  EXPECT_EQ(cost.size_bytes, 1201u);
}

TEST_F(SnapshotTest, CopiesAgainWhatTheStoreLost) {
  write_file("000001.sst", "table");
  snapshot(10);
  std::erase_if(store_.objects(), [](const auto& o) { return o.first.ends_with(".sst"); });
  snapshot(20);
  EXPECT_TRUE(fetch(newest()));
}

TEST_F(SnapshotTest, KeepsFilesOfOneNameAndOtherBytesApart) {
  write_file("000001.sst", "ours");
  snapshot(10, 1);
  TemporaryDirectory other;
  other.write("000001.sst", "else");  // Another instance's database counts its files too.
  SnapshotWriter writer(store_, kPartition);
  ASSERT_TRUE(writer.write(other.path(), {Offset{20}, Epoch{2}, std::nullopt}, at_s(1)));
  const auto list = sound();
  ASSERT_THAT(list, SizeIs(2));
  ASSERT_TRUE(fetch(list[0]));
  EXPECT_EQ(restored("000001.sst"), "else");
  ASSERT_TRUE(fetch(list[1]));
  EXPECT_EQ(restored("000001.sst"), "ours");
}

TEST_F(SnapshotTest, DoesNotExistUntilItsManifestDoes) {
  write_file("000001.sst", "1");
  snapshot(10);
  write_file("000002.sst", "2");
  write_file("000003.sst", "3");
  for (const int n : {1, 2, 2}) {  // The first table, the second, the manifest.
    store_.fail_write(n);
    const auto cost =
        writer_.write(database_.path(), {Offset{20}, Epoch{1}, std::nullopt}, at_s(2));
    EXPECT_FALSE(cost) << n;
    EXPECT_THAT(offsets(), ElementsAre(10));
  }
  store_.fail_write(0);
  snapshot(20);
  EXPECT_THAT(offsets(), ElementsAre(20, 10));
  EXPECT_TRUE(fetch(newest()));
}

TEST_F(SnapshotTest, IsNewestByOwnerThenByOffset) {
  write_file("000001.sst", "1");
  snapshot(900, 2);
  snapshot(1000, 1);
  snapshot(950, 2);
  EXPECT_THAT(offsets(), ElementsAre(950, 900, 1000));
}

TEST_F(SnapshotTest, NamesAFileThatIsCutAlteredOrGone) {
  write_file("000001.sst", "some table");
  snapshot(10);
  const std::vector<std::function<void(std::string&)>> damages{
      [](std::string& bytes) { bytes.pop_back(); }, [](std::string& bytes) { bytes[3] ^= 1; },
      [](std::string& bytes) { bytes += "x"; }, [](std::string& bytes) { bytes.clear(); }};
  for (const auto& damage : damages) {
    snapshot(10);  // Brings the file again that was found damaged.
    damage(object_ending_in(".sst"));
    const Status fetched = fetch(newest());
    ASSERT_FALSE(fetched);
    EXPECT_EQ(fetched.error().code, ErrorCode::kCorrupt);
    EXPECT_THAT(fetched.error().text, HasSubstr("000001.sst is cut or altered"));
  }
  const Status gone = fetch(newest());
  ASSERT_FALSE(gone);
  EXPECT_THAT(gone.error().text, HasSubstr("000001.sst is missing"));
}

TEST_F(SnapshotTest, PassesOverDamagedManifestsAndThoseOfOthers) {
  write_file("000001.sst", "1");
  snapshot(10);
  snapshot(20);
  const std::string name = SnapshotNames(kPartition).of(newest());
  store_.objects()[name].resize(40);
  SnapshotManifest foreign = sample_manifest();
  foreign.of.topic = "other";
  store_.objects()[SnapshotNames(kPartition).of(foreign)] = encode(foreign);
  const auto list = catalogue_.list();
  ASSERT_TRUE(list);
  EXPECT_THAT(offsets(), ElementsAre(10));
  EXPECT_THAT(list->damaged, ElementsAre(HasSubstr("another partition"), HasSubstr(name)));
}

TEST_F(SnapshotTest, RetainsTheNewestWithAllTheirFiles) {
  for (int i = 1; i <= 5; ++i) {
    write_file("00000" + std::to_string(i) + ".sst", std::to_string(i));
    if (i > 2)
      std::filesystem::remove(database_.path() + "/00000" + std::to_string(i - 2) + ".sst");
    snapshot(10 * i);
  }
  ASSERT_TRUE(catalogue_.retain(2, kOwner));
  EXPECT_THAT(offsets(), ElementsAre(50, 40));
  for (const auto& manifest : sound()) EXPECT_TRUE(fetch(manifest));
  // 3 and 4 belong to the older of the two, 4 and 5 to the newer.
  EXPECT_THAT(store_.list(SnapshotNames(kPartition).files()).value(), SizeIs(3));
}

TEST_F(SnapshotTest, RetainsSoundOnesInPlaceOfDamagedOnes) {
  write_file("000001.sst", "1");
  for (const std::int64_t offset : {10, 20, 30}) snapshot(offset);
  store_.objects()[SnapshotNames(kPartition).of(newest())].resize(40);
  ASSERT_TRUE(catalogue_.retain(2, kOwner));
  EXPECT_THAT(offsets(), ElementsAre(20, 10));
  EXPECT_TRUE(fetch(newest()));
}

TEST_F(SnapshotTest, LeavesTheFilesOfALaterOwnerAlone) {
  write_file("000001.sst", "1");
  for (const std::int64_t offset : {10, 20, 30}) snapshot(offset);
  ASSERT_EQ(EpochRegister(store_, kPartition).take(kOwner), Epoch{kOwner.value + 1});
  ASSERT_TRUE(store_.create(SnapshotNames(kPartition).of(SnapshotFile{"000009.sst", 1, 9}), "9"));
  const std::size_t before = store_.objects().size();

  ASSERT_TRUE(catalogue_.retain(1, kOwner));
  EXPECT_EQ(store_.objects().size(), before);
  ASSERT_TRUE(catalogue_.retain(1, Epoch{kOwner.value + 1}));
  EXPECT_THAT(offsets(), ElementsAre(30));
}

TEST_F(SnapshotTest, LeavesAllToANewerProgram) {
  write_file("000001.sst", "1");
  for (const std::int64_t offset : {10, 20, 30}) snapshot(offset);
  std::string& manifest = store_.objects()[SnapshotNames(kPartition).of(newest())];
  std::string body = manifest.substr(0, manifest.find('\n'));
  body.replace(body.find(R"("format":1)"), 10, R"("format":2)");
  manifest = with_checksum(body);
  const std::size_t before = store_.objects().size();
  ASSERT_TRUE(catalogue_.retain(1, kOwner));
  EXPECT_EQ(store_.objects().size(), before);
  EXPECT_THAT(catalogue_.list().value().damaged, ElementsAre(HasSubstr("newer program")));
  EXPECT_THAT(offsets(), ElementsAre(20, 10));
}

/// Random snapshots of random files, with failures and retention in between: the newest sound one
/// always comes back as it was.
TEST_F(SnapshotTest, ComesBackAsItWasWhateverHappens) {
  std::mt19937_64 random(printed_seed());
  std::map<std::string, std::string> files;
  std::map<std::int64_t, std::map<std::string, std::string>> taken;
  for (std::int64_t offset = 1; offset <= 60; ++offset) {
    const std::string table = std::to_string(100'000 + offset) + ".sst";
    files[table] = std::string(random() % 100, static_cast<char>('a' + random() % 26));
    files["CURRENT"] = std::to_string(offset);
    if (files.size() > 5) {
      std::filesystem::remove(database_.path() + "/" + files.begin()->first);
      files.erase(files.begin());
    }
    for (const auto& [name, bytes] : files) write_file(name, bytes);
    store_.fail_write(random() % 4 == 0 ? 1 + static_cast<int>(random() % 3) : 0);
    const StoredPosition position{Offset{offset}, Epoch{1 + offset / 15}, std::nullopt};
    if (writer_.write(database_.path(), position, at_s(offset))) taken[offset] = files;
    store_.fail_write(0);
    if (random() % 3 == 0) {
      ASSERT_TRUE(catalogue_.retain(1 + random() % 3, kOwner));
    }
    if (taken.empty()) continue;
    const SnapshotManifest manifest = newest();
    ASSERT_EQ(manifest.position.next_offset->value, taken.rbegin()->first);
    ASSERT_TRUE(fetch(manifest));
    for (const auto& [name, bytes] : taken.rbegin()->second) ASSERT_EQ(restored(name), bytes);
  }
}

}  // namespace
}  // namespace freshet
