#include "app/commands/state_repartition.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <map>

#include "state/directory_snapshot_store.h"
#include "state/partition_layout.h"
#include "state/partition_restorer.h"
#include "state/take_snapshot.h"
#include "tests/fakes/manual_clock.h"
#include "tests/fakes/temporary_directory.h"

namespace freshet {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr int kUsers = 3'000;

std::string user_of(int i) { return "user-" + std::to_string(i); }

class StateRepartitionTest : public testing::Test {
 protected:
  StateRepartitionTest() {
    config_.ingest.kafka.events_topic = "events";
    config_.state.directory = directory_.path() + "/state";
  }

  std::string database(int partition) const {
    return config_.state.directory + "/partition-" + std::to_string(partition);
  }

  std::unique_ptr<RocksDbStore> open(int partition) {
    auto store = RocksDbStore::open(database(partition), resources_);
    EXPECT_TRUE(store) << store.error().text;
    return std::move(*store);
  }

  /// Users in the partitions to which producers send them; one in ten is owed a list.
  void make_states(std::int32_t count, Partitioner partitioner = Partitioner::kMurmur2) {
    std::vector<Commit> commits(static_cast<std::size_t>(count));
    for (int i = 0; i < kUsers; ++i) {
      const auto p = partition_of(user_of(i), count, partitioner).value;
      Commit& commit = commits[static_cast<std::size_t>(p)];
      commit.states.emplace_back(user_of(i), "state of " + user_of(i));
      if (i % 10 == 0) commit.owed.push_back({user_of(i), Offset{500 + i}, EventTime{}});
    }
    for (std::int32_t p = 0; p < count; ++p) {
      Commit& commit = commits[static_cast<std::size_t>(p)];
      commit.next_offset = Offset{10'000 + p};
      commit.newest_record = LogMark{Offset{9'999 + p}, 42};
      DeadLetter letter;
      letter.partition = PartitionId{p};
      letter.offset = Offset{7};
      commit.dead_letters.push_back(letter);
      auto store = open(p);
      ASSERT_TRUE(store->recover());
      ASSERT_TRUE(store->commit(commit));
    }
    auto local = DirectorySnapshotStore::open(config_.state.directory);
    ASSERT_TRUE(check_layout(**local, {"events", count}, "here"));
  }

  Result<RepartitionFigures> repartition(RepartitionOptions options) {
    return repartition_state(config_, options, clock_);
  }

  void expect_states(std::int32_t count) {
    int users = 0;
    for (std::int32_t q = 0; q < count; ++q) {
      ASSERT_TRUE(open(q)->visit_users([&](std::string_view user, std::string_view state) {
        ++users;
        EXPECT_EQ(partition_of(user, count, Partitioner::kMurmur2), PartitionId{q}) << user;
        EXPECT_EQ(state, "state of " + std::string(user));
      }));
    }
    EXPECT_EQ(users, kUsers);
  }

  TemporaryDirectory directory_;
  Config config_;
  const RocksDbResources resources_{StateConfig{}};
  const ManualClock clock_;
};

TEST(KafkaPartitioner, HashesAsKafkaAndAsLibrdkafkaDo) {
  // Values of Kafka's own test of murmur2, with the sign bit off.
  const std::map<std::string, std::int32_t> hashes{
      {"21", -973932308},
      {"foobar", -790332482},
      {"a-little-bit-long-string", -985981536},
      {"a-little-bit-longer-string", -1486304829},
      {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
      {"abc", 479470107}};
  for (const auto& [key, hash] : hashes) {
    for (const std::int32_t count : {1, 7, 12, 1'000'003}) {
      EXPECT_EQ(partition_of(key, count, Partitioner::kMurmur2).value, (hash & 0x7fffffff) % count);
    }
  }
  // The check value of CRC-32.
  EXPECT_EQ(partition_of("123456789", 1'000'003, Partitioner::kCrc32).value,
            static_cast<std::int32_t>(0xcbf43926u % 1'000'003u));
}

TEST_F(StateRepartitionTest, TellsEveryPartitionWhoWasForgotten) {
  make_states(2);
  const EventTime before{std::chrono::milliseconds{100}};
  const EventTime after{std::chrono::milliseconds{200}};
  for (std::int32_t p = 0; p < 2; ++p) {
    auto store = open(p);
    ASSERT_TRUE(store->recover());
    ASSERT_TRUE(
        store->commit({.next_offset = Offset{10'000 + p},
                       .forgotten = {{user_hash("gone"), p == 0 ? after : before, Offset{5}}}}));
  }
  const auto figures = repartition({.from = 2, .to = 3});
  ASSERT_TRUE(figures) << figures.error().text;
  for (std::int32_t q = 0; q < 3; ++q) {
    const Offset here{q < 2 ? 10'000 + q : 0};
    EXPECT_THAT(open(q)->recover()->forgotten,
                testing::ElementsAre(ForgottenUser{user_hash("gone"), after, here}))
        << q;
  }
}

TEST_F(StateRepartitionTest, LetsNoExpiredHistoryComeBack) {
  make_states(3);
  std::vector<EventWatermark> watermarks(3);
  for (int p = 0; p < 2; ++p) {
    for (const char* user : {"a", "b", "c"})
      watermarks[p].observe(user, EventTime(std::chrono::seconds(100 - p)));
    auto store = open(p);
    ASSERT_TRUE(store->recover());
    ASSERT_TRUE(store->commit({.next_offset = Offset{10'000 + p}, .watermark = watermarks[p]}));
  }
  ASSERT_TRUE(repartition({.from = 3, .to = 4}));
  for (std::int32_t q = 0; q < 4; ++q)
    EXPECT_EQ(open(q)->recover()->watermark, watermarks[0]) << q << ", the furthest of all";
}

TEST_F(StateRepartitionTest, PutsEveryUserWhereProducersSendThemNow) {
  make_states(4);
  const auto figures = repartition({.from = 4, .to = 6});
  ASSERT_TRUE(figures) << figures.error().text;
  EXPECT_EQ(figures->users, static_cast<std::uint64_t>(kUsers));
  EXPECT_GT(figures->moved_users, static_cast<std::uint64_t>(kUsers / 2));
  EXPECT_EQ(figures->owed_lists, static_cast<std::uint64_t>(kUsers / 10));
  EXPECT_EQ(figures->dead_letters, 4u);
  expect_states(6);
  auto local = DirectorySnapshotStore::open(config_.state.directory);
  EXPECT_TRUE(check_layout(**local, {"events", 6}, "here"));
}

TEST_F(StateRepartitionTest, KeepsPositionsAndBeginsNewPartitionsAtTheirFirstRecord) {
  make_states(4);
  ASSERT_TRUE(repartition({.from = 4, .to = 6}));
  for (std::int32_t q = 0; q < 6; ++q) {
    auto store = open(q);
    const auto position = store->position();
    ASSERT_TRUE(position);
    EXPECT_EQ(position->next_offset, Offset{q < 4 ? 10'000 + q : 0});
    EXPECT_EQ(position->newest_record.has_value(), q < 4);
    EXPECT_GT(position->epoch, Epoch{1}) << "lists of the new layout are newer";
    const auto recovery = store->recover();
    for (const OwedList& owed : recovery->owed) {
      EXPECT_LT(owed.offset, *position->next_offset) << "older than any event to come";
    }
    EXPECT_EQ(recovery->dead_letters.size(), q < 4 ? 1u : 0u);
  }
}

TEST_F(StateRepartitionTest, KeepsTheStatesBefore) {
  make_states(2);
  ASSERT_TRUE(repartition({.from = 2, .to = 3}));
  for (const char* partition : {"/of-2/partition-0", "/of-2/partition-1"}) {
    EXPECT_TRUE(std::filesystem::exists(config_.state.directory + partition));
  }
}

TEST_F(StateRepartitionTest, CanBeRunAgainAfterItWasBrokenOff) {
  make_states(3);
  // Broken off in the middle of the renames: one database is aside, another's place is taken.
  std::filesystem::create_directories(config_.state.directory + "/of-3");
  std::filesystem::rename(database(0), config_.state.directory + "/of-3/partition-0");
  std::filesystem::create_directories(config_.state.directory + "/of-5.new/partition-0");
  ASSERT_TRUE(repartition({.from = 3, .to = 5}));
  expect_states(5);
}

TEST_F(StateRepartitionTest, RefusesUsersThatThePartitionerPutsElsewhere) {
  make_states(4, Partitioner::kCrc32);
  const auto wrong = repartition({.from = 4, .to = 6});
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().text, AllOf(HasSubstr("--partitioner"), HasSubstr("of 3000 users")));
  const auto right = repartition({.from = 4, .to = 6, .partitioner = Partitioner::kCrc32});
  EXPECT_TRUE(right) << right.error().text;
}

TEST_F(StateRepartitionTest, RefusesOtherCountsThanThoseKept) {
  make_states(4);
  const auto wrong = repartition({.from = 3, .to = 6});
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().text, HasSubstr("was made for 4 partitions"));
  EXPECT_FALSE(repartition({.from = 4, .to = 4}));
}

TEST_F(StateRepartitionTest, RefusesToForgetAPartitionThatIsMissing) {
  make_states(4);
  std::filesystem::remove_all(database(2));
  const auto missing = repartition({.from = 4, .to = 6});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(missing.error().text, HasSubstr("partition-2 is missing"));
}

TEST_F(StateRepartitionTest, TakesWhatIsMissingFromSnapshotsAndWritesNewOnes) {
  config_.state.snapshots.directory = directory_.path() + "/snapshots";
  auto snapshots = DirectorySnapshotStore::open(config_.state.snapshots.directory);
  ASSERT_TRUE(snapshots);
  make_states(4);
  SnapshotWriter writer(**snapshots, {"events", 4, PartitionId{2}});
  ASSERT_TRUE(take_snapshot(*open(2), writer, directory_.path() + "/scratch", EventTime{}));
  std::filesystem::remove_all(database(2));

  const auto figures = repartition({.from = 4, .to = 6});
  ASSERT_TRUE(figures) << figures.error().text;
  expect_states(6);

  // Another machine starts from the snapshots alone.
  Config other = config_;
  other.state.directory = directory_.path() + "/other";
  int users = 0;
  for (std::int32_t q = 0; q < 6; ++q) {
    PartitionRestorer restorer(other.state, resources_, snapshots->get(), GapPolicy::kFail);
    const auto restored =
        restorer.restore({{"events", 6, PartitionId{q}}, {Offset{0}, Offset{20'000}}, [](Offset) {
                            return Result<std::optional<LogMark>>(std::nullopt);
                          }});
    ASSERT_TRUE(restored) << restored.error().text;
    EXPECT_EQ(restored->kind, StartKind::kSnapshot);
    ASSERT_TRUE(restored->store->visit_users([&](auto, auto) { ++users; }));
  }
  EXPECT_EQ(users, kUsers);
}

}  // namespace
}  // namespace freshet
