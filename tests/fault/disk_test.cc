// A disk that is full, and one that gives back other bytes than were written.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "tests/fakes/damaged_tables.h"
#include "tests/fault/fault_test.h"
#include "tests/kafka/kafka_broker.h"

namespace freshet::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

namespace fs = std::filesystem;

constexpr std::uint64_t kReserveBytes = 40 << 20;

/// A disk of its own for one test, of 400 MB, and a file that fills it. RocksDB
/// keeps some 35 MiB for the log of each database.
class SmallDisk {
 public:
  explicit SmallDisk(std::string path) : path_(std::move(path)) {
    fs::create_directories(path_);
    if (mount("none", path_.c_str(), "tmpfs", 0, "size=400m") != 0) why_not_ = std::strerror(errno);
  }
  ~SmallDisk() {
    if (why_not_.empty()) umount2(path_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  /// Why there is none; empty = there is one.
  const std::string& why_not() const { return why_not_; }

  /// Takes the room that is there, but for `left_bytes`.
  void fill(std::uint64_t left_bytes) {
    std::ofstream filler(path_ + "/filler", std::ios::binary | std::ios::app);
    const std::string block(4096, 'x');
    while (fs::space(path_).available > left_bytes &&
           filler.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
    }
  }
  void make_room() { fs::remove(path_ + "/filler"); }

 private:
  const std::string path_;
  std::string why_not_;
};

class DiskTest : public FaultTest {
 protected:
  const InstanceOptions options_{
      .kafka = ", instance: a",
      .state = directory_ + "/disk/state, disk_free_min_bytes: " + std::to_string(kReserveBytes)};

  /// Writes events and runs `name` twice, so that its states lie in tables.
  void make_tables(const std::string& name, const InstanceOptions& options) {
    write_events(3'000);
    for (int i = 0; i < 2; ++i) {
      FreshetProcess process = start(name, options);
      ASSERT_TRUE(wait_for_log(name, "assigned, from offset", kPartitions * (i + 1)));
      wait_for_lists(replay(all_of(events())));
      EXPECT_EQ(process.stop(), 0) << log(name);
    }
  }
};

TEST_F(DiskTest, StandsStillWhileTheDiskIsFullAndGoesOnByItself) {
  FRESHET_KAFKA_OR_SKIP(broker);
  SmallDisk disk(directory_ + "/disk");
  if (!disk.why_not().empty()) GTEST_SKIP() << "no small disk here: mount: " << disk.why_not();
  make_topics(broker.brokers());
  std::jthread writing = write_events();
  FreshetProcess process = start("a", options_);
  ASSERT_TRUE(wait_for_log("a", "assigned, from offset", kPartitions));
  pass_time(1s);

  const std::int64_t full = now_ms();
  disk.fill(kReserveBytes / 2);
  ASSERT_TRUE(wait_for_log("a", "stands still until the disk has room again", kPartitions));
  disk.fill(0);
  pass_time(4s);
  EXPECT_TRUE(process.is_running()) << log("a");
  EXPECT_THAT(get("a", "/readyz"), HasSubstr("the disk of its state is full"));
  EXPECT_EQ(metric("a", "freshet_state_disk_full"), kPartitions);
  EXPECT_GT(metric("a", "freshet_ingest_lag_records"), 100);
  disk.make_room();
  const std::int64_t room = now_ms();
  ASSERT_TRUE(wait_for_log("a", "the disk has room again, going on", kPartitions));
  pass_time(1s);
  EXPECT_EQ(metric("a", "freshet_state_disk_full"), 0);
  EXPECT_THAT(get("a", "/readyz"), HasSubstr("\"ready\":true"));
  writing = {};

  expect_nothing_lost(process, "a");
  std::cout << "disk full for " << room - full
            << " ms; room again -> first list: " << first_list_after(all_lists(), room) - room
            << " ms\n";
}

TEST_F(DiskTest, ComesBackAfterItWasKilledOnAFullDisk) {
  FRESHET_KAFKA_OR_SKIP(broker);
  SmallDisk disk(directory_ + "/disk");
  if (!disk.why_not().empty()) GTEST_SKIP() << "no small disk here: mount: " << disk.why_not();
  make_topics(broker.brokers());
  {
    FreshetProcess process = start("a", options_);
    write_events(5'000);
    wait_for_lists(replay(all_of(events())));
    disk.fill(kReserveBytes / 2);
    write_events(5'000);
    ASSERT_TRUE(wait_for_log("a", "stands still until the disk has room again", kPartitions));
    disk.fill(0);
    process.kill9();
  }
  FreshetProcess refused = start("a", options_);
  EXPECT_EQ(refused.wait_for_end(30s), 1) << log("a");
  EXPECT_THAT(log("a"), HasSubstr("freshet: write " + directory_ + "/disk"));
  EXPECT_THAT(log("a"), HasSubstr("No space left on device"));
  disk.make_room();
  FreshetProcess again = start("a", options_);
  expect_nothing_lost(again, "a");
}

TEST_F(DiskTest, ReplacesADatabaseWithADamagedTableByItsSnapshot) {
  FRESHET_KAFKA_OR_SKIP(broker);
  make_topics(broker.brokers());
  const InstanceOptions options{.kafka = ", instance: a"};
  make_tables("a", options);
  ASSERT_GT(damage_tables(state_of("a") + "/partition-0"), 0);
  std::jthread writing = write_events();

  FreshetProcess finds = start("a", options);
  EXPECT_EQ(finds.wait_for_end(30s), 1) << log("a");
  EXPECT_THAT(log("a"), HasSubstr("block checksum mismatch"));
  const std::int64_t started = now_ms();
  FreshetProcess again = start("a", options);  // As a supervisor does.
  ASSERT_TRUE(wait_for_log("a", "state: snapshot"));
  pass_time(2s);
  EXPECT_TRUE(again.is_running()) << log("a");
  EXPECT_THAT(log("a"), HasSubstr("is damaged"));
  writing = {};

  expect_nothing_lost(again, "a");
  std::cout << "damaged table: one restart, then the partition's snapshot; first list after "
            << first_list_after(all_lists(), started) - started << " ms\n";
}

TEST_F(DiskTest, ReplaysAPartitionWithADamagedTableWhereToldTo) {
  FRESHET_KAFKA_OR_SKIP(broker);
  make_topics(broker.brokers());
  InstanceOptions options{.kafka = ", instance: a", .snapshots = false};
  make_tables("a", options);
  ASSERT_GT(damage_tables(state_of("a") + "/partition-0"), 0);
  write_events(1'000);

  for (const char* found : {"block checksum mismatch", "is damaged"}) {
    FreshetProcess refused = start("a", options);
    EXPECT_EQ(refused.wait_for_end(30s), 1) << log("a");
    EXPECT_THAT(log("a"), HasSubstr(found));
  }
  EXPECT_THAT(log("a"), HasSubstr("ingest.kafka.on_gap: reset_state"));
  options.kafka += ", on_gap: reset_state";
  FreshetProcess reset = start("a", options);
  expect_nothing_lost(reset, "a");
  EXPECT_THAT(log("a"), HasSubstr("state: new"));
}

}  // namespace
}  // namespace freshet::test
