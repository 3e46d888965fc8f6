#include "app/partition/partition_task.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/app/task_process.h"

namespace freshet {
namespace {

TEST(PartitionTask, GivesTheSameBytesWhateverTheBatchSize) {
  const auto log = make_log(2'000, 1);
  const Users expected = replay(log);
  for (const std::size_t batch_size : {2, 7, 100, 2'000}) {
    MemoryStore store;
    Process process(store, Config{});
    process.open();
    FakeSource source = source_of(log, Offset{0}, batch_size);
    while (!source.exhausted()) ASSERT_TRUE(process.run_once(source));

    EXPECT_EQ(users_of(store), expected) << "batch size " << batch_size;
  }
}

TEST(PartitionTask, GivesTheSameBytesAfterCrashesAtAnyCommit) {
  const std::uint64_t seed = std::random_device{}();
  RecordProperty("seed", std::to_string(seed));
  std::mt19937_64 random(seed);
  const auto log = make_log(1'500, seed);
  MemoryStore durable;
  for (bool done = false; !done;) {
    Process process(durable, Config{});
    process.fail_commit(1 + static_cast<int>(random() % 20));
    FakeSource source = source_of(log, process.open().value_or(Offset{0}), 1 + random() % 40);
    Status alive;
    while (alive && !source.exhausted()) {
      alive = process.run_once(source);
      process.serve();
    }
    done = alive.has_value();
  }

  EXPECT_EQ(users_of(durable), replay(log)) << "seed " << seed;
}

TEST(PartitionTask, ResumesFromItsOwnStore) {
  const auto log = make_log(100, 3);
  MemoryStore durable;
  {
    Process process(durable, Config{});
    EXPECT_EQ(process.open(), std::nullopt);
    FakeSource source = source_of(log, Offset{0}, 40);
    ASSERT_TRUE(process.run_once(source));
  }
  Process restarted(durable, Config{});

  EXPECT_EQ(restarted.open(), Offset{40});
}

/// The clicks of `log` as a rekeyed log has them: its writer died after every 100 records, and the
/// next one began up to 30 records further back. Two source partitions take turns.
FakeSource rekeyed(const std::vector<std::string>& log, Offset start, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  FakeSource source;
  for (std::size_t from = 0; from < log.size(); from += 100) {
    const std::size_t again = std::min<std::size_t>(from, random() % 30);
    for (std::size_t i = from - again; i < std::min(from + 100, log.size()); ++i) {
      source.append_from({{"clicks", PartitionId{static_cast<std::int32_t>(i % 2)}},
                          Offset{static_cast<std::int64_t>(i / 2)}},
                         log[i]);
    }
  }
  source.start_at(start);
  source.deliver_at_most(37);
  source.end();
  return source;
}

TEST(PartitionTask, LeavesOutWhatARekeyedLogRepeatsAlsoAfterCrashes) {
  const std::uint64_t seed = std::random_device{}();
  RecordProperty("seed", std::to_string(seed));
  std::mt19937_64 random(seed);
  const auto log = make_log(1'000, seed);
  Config config;
  config.ingest.rekey.from_topic = "clicks";
  config.state.recent_event_ids_max = 0;  // Duplicates are not to be told by their ids here.
  MemoryStore plain;
  {
    Process process(plain, config);
    process.open();
    FakeSource source = source_of(log, Offset{0}, 50);
    while (!source.exhausted()) ASSERT_TRUE(process.run_once(source));
  }
  MemoryStore durable;
  for (bool done = false; !done;) {
    Process process(durable, config);
    process.fail_commit(1 + static_cast<int>(random() % 10));
    FakeSource source = rekeyed(log, process.open().value_or(Offset{0}), seed);
    Status alive;
    while (alive && !source.exhausted()) {
      alive = process.run_once(source);
      process.serve();
    }
    done = alive.has_value();
  }

  const Users got = users_of(durable);
  const Users expected = users_of(plain);
  ASSERT_EQ(got.size(), expected.size()) << "seed " << seed;
  for (const auto& [user, state] : expected) EXPECT_EQ(got.at(user), state) << user << " " << seed;
}

TEST(PartitionTask, OwesOneListForABurstOfEvents) {
  const std::vector<std::string> log{click("u", "a", kStartMs), click("u", "b", kStartMs + 1),
                                     click("u", "c", kStartMs + 2)};
  MemoryStore store;
  Process process(store, Config{});
  process.open();
  FakeSource source = source_of(log, Offset{0}, 10);
  ASSERT_TRUE(process.run_once(source));

  const auto requests = process.serve();
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(requests[0].position, (Position{PartitionId{0}, Offset{2}, Epoch{1}}));
  EXPECT_EQ(requests[0].state.history.size(), 3u);
}

TEST(PartitionTask, SendsWhatWasNotAcknowledgedAgainAfterARestart) {
  const std::vector<std::string> log{click("u", "a", kStartMs), click("v", "b", kStartMs + 1)};
  MemoryStore durable;
  {
    Process process(durable, Config{});
    process.open();
    process.publisher().hold();
    FakeSource source = source_of(log, Offset{0}, 10);
    ASSERT_TRUE(process.run_once(source));
    EXPECT_EQ(process.serve().size(), 2u);
  }
  Process restarted(durable, Config{});
  FakeSource source = source_of(log, *restarted.open(), 10);
  ASSERT_TRUE(restarted.run_once(source));

  const auto requests = restarted.serve();
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[0].position.epoch, Epoch{2});
  EXPECT_EQ(restarted.examples(), 0u) << "nothing is learned twice";
}

TEST(PartitionTask, OwesNothingOnceEverythingIsAcknowledged) {
  const std::vector<std::string> log{click("u", "a", kStartMs)};
  MemoryStore durable;
  {
    Process process(durable, Config{});
    process.open();
    FakeSource source = source_of(log, Offset{0}, 10);
    ASSERT_TRUE(process.run_once(source));
    process.serve();
    ASSERT_TRUE(process.run_once(source));  // Reads the acknowledgement and commits it.
  }
  Process restarted(durable, Config{});
  FakeSource source = source_of(log, *restarted.open(), 10);
  ASSERT_TRUE(restarted.run_once(source));

  EXPECT_TRUE(restarted.serve().empty());
}

TEST(PartitionTask, SendsAgainWhatThePublisherGaveUp) {
  const std::vector<std::string> log{click("u", "a", kStartMs)};
  MemoryStore store;
  Process process(store, Config{});
  process.open();
  process.publisher().hold();
  FakeSource source = source_of(log, Offset{0}, 10);
  ASSERT_TRUE(process.run_once(source));
  process.serve();
  process.publisher().answer_held(false);
  ASSERT_TRUE(process.run_once(source));

  EXPECT_EQ(process.serve().size(), 1u);
}

TEST(PartitionTask, MakesADeadLetterOnceAndGoesOn) {
  const std::vector<std::string> log{"{broken", click("u", "a", kStartMs)};
  MemoryStore durable;
  {
    Process process(durable, Config{});
    process.open();
    process.publisher().hold();
    FakeSource source = source_of(log, Offset{0}, 10);
    ASSERT_TRUE(process.run_once(source));
    ASSERT_EQ(process.publisher().dead_letters().size(), 1u);
    EXPECT_EQ(process.publisher().dead_letters()[0].value, "{broken");
    EXPECT_EQ(process.publisher().dead_letters()[0].offset, Offset{0});
  }
  Process restarted(durable, Config{});  // It was not acknowledged: it is sent again, then gone.
  FakeSource source = source_of(log, *restarted.open(), 10);
  ASSERT_TRUE(restarted.run_once(source));
  EXPECT_EQ(restarted.publisher().dead_letters().size(), 1u);
  ASSERT_TRUE(restarted.run_once(source));
  EXPECT_TRUE(durable.recover()->dead_letters.empty());
  EXPECT_EQ(users_of(durable).count("u"), 1u);
}

TEST(PartitionTask, KeepsListsOwedWhileScoringIsFull) {
  Config config;
  config.scoring.queue_max = 2;
  std::vector<std::string> log;
  for (int i = 0; i < 5; ++i) log.push_back(click("u" + std::to_string(i), "a", kStartMs + i));
  MemoryStore store;
  Process process(store, config);
  process.open();
  FakeSource source = source_of(log, Offset{0}, 10);
  std::size_t served = 0;
  ASSERT_TRUE(process.run_once(source));
  for (int round = 0; round < 3; ++round) {
    const std::size_t n = process.serve().size();
    EXPECT_LE(n, 2u);
    served += n;
    ASSERT_TRUE(process.run_once(source));
  }

  EXPECT_EQ(served, 5u);
}

/// A log of one click per user: enough for a backlog.
std::vector<std::string> clicks_of(int users) {
  std::vector<std::string> log;
  for (int i = 0; i < users; ++i) log.push_back(click("u" + std::to_string(i), "a", kStartMs + i));
  return log;
}

TEST(PartitionTask, MarksListsWhileItCatchesUp) {
  Config config;
  config.ingest.catch_up.lag_records = 10;
  MemoryStore store;
  Process process(store, config);
  process.open();
  FakeSource source = source_of(clicks_of(40), Offset{0}, 20);
  ASSERT_TRUE(process.run_once(source));
  for (const RankRequest& request : process.serve()) EXPECT_TRUE(request.catching_up);
  ASSERT_TRUE(process.run_once(source));
  ASSERT_TRUE(process.run_once(source));
  const auto current = process.serve();
  ASSERT_FALSE(current.empty());

  source.append(click("u1", "b", kStartMs + 100));
  ASSERT_TRUE(process.run_once(source));
  for (const RankRequest& request : process.serve()) EXPECT_FALSE(request.catching_up);
}

TEST(PartitionTask, HoldsListsBackUntilItHasCaughtUp) {
  Config config;
  config.ingest.catch_up.lag_records = 10;
  config.ingest.catch_up.lists = "hold";
  MemoryStore store;
  Process process(store, config);
  process.open();
  FakeSource source = source_of(clicks_of(40), Offset{0}, 20);
  ASSERT_TRUE(process.run_once(source));
  ASSERT_TRUE(process.run_once(source));
  EXPECT_TRUE(process.serve().empty());
  ASSERT_TRUE(process.run_once(source));

  const auto requests = process.serve();
  EXPECT_EQ(requests.size(), 40u) << "nobody is forgotten";
  for (const RankRequest& request : requests) EXPECT_FALSE(request.catching_up);
}

TEST(PartitionTask, RemembersTheLastRecordItProcessed) {
  const std::vector<std::string> log{click("u", "a", kStartMs), "{broken"};
  MemoryStore store;
  Process process(store, Config{});
  process.open();
  FakeSource source = source_of(log, Offset{0}, 10);
  ASSERT_TRUE(process.run_once(source));
  Record last;
  last.offset = Offset{1};
  last.value = log[1];

  EXPECT_EQ(store.newest_record(), mark_of(last));
}

TEST(PartitionTask, SendsNoMoreListsThanAnswersHaveRoomFor) {
  Config config;
  config.sinks.kafka.in_flight_max = 3;
  std::vector<std::string> log;
  for (int i = 0; i < 8; ++i) log.push_back(click("u" + std::to_string(i), "a", kStartMs + i));
  MemoryStore store;
  Process process(store, config);
  process.open();
  FakeSource source = source_of(log, Offset{0}, 10);
  std::size_t served = 0;
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(process.run_once(source));
    const std::size_t n = process.serve().size();
    EXPECT_LE(n, 3u);
    served += n;
  }

  EXPECT_EQ(served, 8u);
}

TEST(PartitionTask, StopsReadingWhileTooManyDeadLettersWait) {
  Config config;
  config.state.owed_max = 4;
  const std::vector<std::string> log(10, "{broken");
  MemoryStore store;
  Process process(store, config);
  process.open();
  process.publisher().hold();
  FakeSource source = source_of(log, Offset{0}, 2);
  for (int round = 0; round < 6; ++round) ASSERT_TRUE(process.run_once(source));

  EXPECT_EQ(process.task().next_offset(), Offset{4});
}

TEST(PartitionTask, NeitherReadsNorSendsWithoutALease) {
  const std::vector<std::string> log{click("u", "a", kStartMs), "{broken"};
  MemoryStore store;
  Process process(store, Config{});
  process.open();
  FakeSource source = source_of(log, Offset{0}, 10);
  process.lose_lease();
  ASSERT_TRUE(process.run_once(source));
  EXPECT_EQ(process.task().next_offset(), Offset{0});

  process.renew_lease();
  ASSERT_TRUE(process.run_once(source));
  EXPECT_EQ(process.serve().size(), 1u);
  EXPECT_EQ(process.publisher().dead_letters().size(), 1u);
}

TEST(PartitionTask, StandsStillWhileTheDiskIsFullAndGoesOnByItself) {
  const auto log = make_log(300, 5);
  MemoryStore store;
  Process process(store, Config{});
  process.open();
  FakeSource source = source_of(log, Offset{0}, 50);
  ASSERT_TRUE(process.run_once(source));
  const std::size_t lists = process.serve().size();
  process.fill_disk(3);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(process.run_once(source));
    EXPECT_EQ(process.task().next_offset(), Offset{50});
    EXPECT_TRUE(process.serve().empty()) << "nothing goes out that is not committed";
    EXPECT_TRUE(process.figures().partitions_without_room().contains(PartitionId{0}));
  }
  ASSERT_TRUE(process.run_once(source));
  EXPECT_EQ(process.task().next_offset(), Offset{100}) << "the batch that was kept";
  EXPECT_TRUE(process.figures().partitions_without_room().empty());
  EXPECT_FALSE(process.serve().empty());
  EXPECT_GT(lists, 0u);

  while (!source.exhausted()) {
    ASSERT_TRUE(process.run_once(source));
    process.serve();
  }
  EXPECT_EQ(users_of(store), replay(log));
}

TEST(PartitionTask, FoldsTheBatchAgainThatADeathOnAFullDiskTook) {
  const auto log = make_log(200, 6);
  MemoryStore store;
  {
    Process process(store, Config{});
    process.open();
    FakeSource source = source_of(log, Offset{0}, 50);
    ASSERT_TRUE(process.run_once(source));
    process.fill_disk(1'000);
    ASSERT_TRUE(process.run_once(source));
  }
  Process process(store, Config{});
  FakeSource source = source_of(log, process.open().value(), 50);
  while (!source.exhausted()) ASSERT_TRUE(process.run_once(source));
  EXPECT_EQ(users_of(store), replay(log));
}

TEST(PartitionTask, SetsARecordAsideThatEndedThreeProcesses) {
  const std::vector<std::string> log{click("u", "a", kStartMs), click("u", "b", kStartMs + 1)};
  MemoryStore store;
  ASSERT_TRUE(store.recover());
  ASSERT_TRUE(store.note({Offset{0}, 3}));
  Process process(store, Config{});
  process.open();
  process.publisher().hold();
  FakeSource source = source_of(log, Offset{0}, 10);
  ASSERT_TRUE(process.run_once(source));
  ASSERT_TRUE(process.run_once(source));

  ASSERT_EQ(process.publisher().dead_letters().size(), 1u);
  EXPECT_EQ(process.publisher().dead_letters()[0].why.reason, BadRecordReason::kPoison);
  EXPECT_EQ(process.publisher().dead_letters()[0].value, log[0]);
  const auto requests = process.serve();
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(requests[0].state.history.size(), 1u) << "the other record is folded";
}

TEST(PartitionTask, AnswersAQuestionFromItsState) {
  const std::vector<std::string> log{click("u", "a", kStartMs)};
  MemoryStore store;
  Process process(store, Config{});
  process.open();
  FakeSource source = source_of(log, Offset{0}, 10);
  ASSERT_TRUE(process.run_once(source));
  Result<std::optional<RankRequest>> known, unknown = RankRequest{};
  ASSERT_TRUE(process.task().ask({"u", [&](auto request) { known = std::move(request); }}));
  ASSERT_TRUE(process.task().ask({"nobody", [&](auto request) { unknown = std::move(request); }}));
  ASSERT_TRUE(process.run_once(source));

  ASSERT_TRUE(known && *known);
  EXPECT_EQ((*known)->state.history.size(), 1u);
  ASSERT_TRUE(unknown);
  EXPECT_FALSE(unknown->has_value());
}

TEST(PartitionTask, SaysToWhoeverStillAsksThatItIsGivenUp) {
  Result<std::optional<RankRequest>> answer;
  MemoryStore store;
  {
    Process process(store, Config{});
    process.open();
    ASSERT_TRUE(process.task().ask({"u", [&](auto request) { answer = std::move(request); }}));
  }
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(answer.error().text, testing::HasSubstr("ask again"));
}

}  // namespace
}  // namespace freshet
