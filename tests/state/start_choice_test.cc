#include "state/start_choice.h"

#include <gmock/gmock.h>

#include <map>
#include <random>

#include "state/epoch_register.h"
#include "state/partition_layout.h"
#include "state_samples.h"
#include "tests/fakes/memory_snapshot_store.h"

namespace freshet {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Optional;

const TopicPartition kPartition{"events", 4, PartitionId{3}};

/// The hash of the record at an offset, in the incarnation of the topic.
std::uint64_t hash_at(Offset offset, int incarnation) {
  return static_cast<std::uint64_t>(offset.value * 10 + incarnation);
}

StoredPosition state_at(std::int64_t next, std::int64_t epoch = 1, int incarnation = 0) {
  StoredPosition position{Offset{next}, Epoch{epoch}, std::nullopt};
  if (next > 0)
    position.newest_record = LogMark{Offset{next - 1}, hash_at(Offset{next - 1}, incarnation)};
  return position;
}

class StartChoice : public testing::Test {
 protected:
  LogView log(std::int64_t low, std::int64_t high, int incarnation = 0) {
    return {kPartition, {Offset{low}, Offset{high}}, [this, incarnation](Offset offset) {
              ++looks_;
              return Result<std::optional<LogMark>>(LogMark{offset, hash_at(offset, incarnation)});
            }};
  }

  /// Index of the chosen one; -1 = anew, -2 = refused.
  int choose(const std::vector<StoredPosition>& candidates, const LogView& log,
             GapPolicy policy = GapPolicy::kFail) {
    const auto chosen = choose_start(candidates, log, policy);
    if (!chosen) {
      refusal_ = chosen.error().text;
      return -2;
    }
    return *chosen ? static_cast<int>(**chosen) : -1;
  }

  int looks_ = 0;
  std::string refusal_;
};

TEST_F(StartChoice, BeginsAnewWithoutAnyState) { EXPECT_EQ(choose({}, log(5, 9)), -1); }

TEST_F(StartChoice, TakesTheNewestAndTheFirstOfEquals) {
  EXPECT_EQ(choose({state_at(10), state_at(30), state_at(20)}, log(0, 50)), 1);
  EXPECT_EQ(choose({state_at(30), state_at(30)}, log(0, 50)), 0);
}

TEST_F(StartChoice, PrefersAnOldOwnersLongerStateOfTheSameLog) {
  EXPECT_EQ(choose({state_at(1000, 5), state_at(950, 6)}, log(0, 2000)), 0);
}

TEST_F(StartChoice, AcceptsBothEndsOfTheLog) {
  EXPECT_EQ(choose({state_at(10)}, log(10, 50)), 0);
  EXPECT_EQ(choose({state_at(50)}, log(10, 50)), 0);
  EXPECT_EQ(choose({state_at(0)}, log(0, 0)), 0);
}

TEST_F(StartChoice, RefusesAGapAndSaysHowManyRecordsAreGone) {
  EXPECT_EQ(choose({state_at(9)}, log(10, 50)), -2);
  EXPECT_THAT(refusal_, AllOf(HasSubstr("partition 3 of events"), HasSubstr("1 records are gone"),
                              HasSubstr("ingest.kafka.on_gap")));
  EXPECT_EQ(choose({state_at(9)}, log(10, 50), GapPolicy::kReset), -1);
}

TEST_F(StartChoice, TakesASnapshotOverAGap) {
  EXPECT_EQ(choose({state_at(9), state_at(20)}, log(10, 50)), 1);
}

TEST_F(StartChoice, RefusesALogThatEndsBeforeTheState) {
  EXPECT_EQ(choose({state_at(51)}, log(10, 50)), -2);
  EXPECT_THAT(refusal_, HasSubstr("the topic ends at 50"));
  EXPECT_EQ(choose({state_at(51)}, log(10, 50), GapPolicy::kReset), -1);
}

TEST_F(StartChoice, RecognisesATopicThatWasMadeAnewAndHasGrownAgain) {
  EXPECT_EQ(choose({state_at(30, 1, 0)}, log(0, 50, 1)), -2);
  EXPECT_THAT(refusal_, HasSubstr("the topic was made anew"));
  EXPECT_EQ(choose({state_at(30, 1, 0)}, log(0, 50, 1), GapPolicy::kReset), -1);
}

TEST_F(StartChoice, TakesTheStateOfTheTopicAsItIsNowWhoeverHasAnOlderOne) {
  // Another instance began anew with epoch 2; this one still has its database of the old topic.
  EXPECT_EQ(choose({state_at(30, 1, 0), state_at(10, 2, 1)}, log(0, 50, 1)), 1);
  EXPECT_EQ(choose({state_at(900, 1, 0), state_at(10, 2, 1)}, log(0, 50, 1)), 1);
}

TEST_F(StartChoice, LosesNoRecordSilentlyWhenTheLogWasCut) {
  // Brokers lost the records from 800 on: an older snapshot fits, but somebody should know.
  EXPECT_EQ(choose({state_at(1000, 7), state_at(700, 6)}, log(0, 800)), -2);
  EXPECT_EQ(choose({state_at(1000, 7), state_at(700, 6)}, log(0, 800), GapPolicy::kReset), 1);
}

TEST_F(StartChoice, CannotCompareARecordThatRetentionDeleted) {
  EXPECT_EQ(choose({state_at(10)}, log(10, 50, 1)), 0);
  EXPECT_EQ(looks_, 0);
}

TEST_F(StartChoice, PassesWhereTheLogHasNoRecordAtThatOffset) {
  LogView view = log(0, 50);
  view.mark_at = [](Offset) { return Result<std::optional<LogMark>>(std::nullopt); };
  EXPECT_EQ(choose({state_at(10)}, view), 0);
}

TEST_F(StartChoice, PassesOnThatTheBrokerCannotBeAsked) {
  LogView view = log(0, 50);
  view.mark_at = [](Offset) -> Result<std::optional<LogMark>> {
    return error(ErrorCode::kTimedOut, "no answer");
  };
  EXPECT_EQ(choose({state_at(10)}, view), -2);
  EXPECT_EQ(refusal_, "no answer");
}

TEST_F(StartChoice, LooksAtFewRecords) {
  EXPECT_EQ(choose({state_at(40, 3), state_at(30, 2), state_at(20, 1)}, log(0, 50)), 0);
  EXPECT_EQ(looks_, 1);
}

/// Whatever the candidates and the log: never a position outside the log, never one of another
/// incarnation whose record is still there, and under kReset always an answer.
TEST_F(StartChoice, NeverStartsOutsideTheLogOrFromAnotherOne) {
  std::mt19937_64 random(printed_seed());
  for (int round = 0; round < 20'000; ++round) {
    const auto low = static_cast<std::int64_t>(random() % 20);
    const auto high = low + static_cast<std::int64_t>(random() % 20);
    std::vector<StoredPosition> candidates;
    std::vector<int> incarnations;
    for (std::size_t n = random() % 4; n > 0; --n) {
      incarnations.push_back(static_cast<int>(random() % 2));
      candidates.push_back(state_at(static_cast<std::int64_t>(random() % 45),
                                    static_cast<std::int64_t>(random() % 4), incarnations.back()));
    }
    for (const GapPolicy policy : {GapPolicy::kFail, GapPolicy::kReset}) {
      const int chosen = choose(candidates, log(low, high, 1), policy);
      ASSERT_FALSE(policy == GapPolicy::kReset && chosen == -2);
      ASSERT_FALSE(policy == GapPolicy::kFail && !candidates.empty() && chosen == -1);
      if (chosen < 0) continue;
      const auto next = candidates[static_cast<std::size_t>(chosen)].next_offset->value;
      ASSERT_TRUE(next >= low && next <= high);
      ASSERT_TRUE(next == low || incarnations[static_cast<std::size_t>(chosen)] == 1 || next == 0);
    }
  }
}

TEST(EpochRegister, GivesEachOwnerALargerEpoch) {
  MemorySnapshotStore store;
  EpochRegister a(store, kPartition);
  EpochRegister b(store, kPartition);
  EXPECT_EQ(a.newest().value(), Epoch{0});
  EXPECT_EQ(a.take(Epoch{0}).value(), Epoch{1});
  // Both have stale databases of their own.
  EXPECT_EQ(b.take(Epoch{0}).value(), Epoch{2});
  EXPECT_EQ(a.take(Epoch{1}).value(), Epoch{3});
  EXPECT_EQ(b.take(Epoch{40}).value(), Epoch{41});
  EXPECT_EQ(a.take(Epoch{3}).value(), Epoch{42});
  EXPECT_EQ(a.newest().value(), Epoch{42});
}

TEST(EpochRegister, KeepsPartitionsApart) {
  MemorySnapshotStore store;
  EXPECT_EQ(EpochRegister(store, kPartition).take(Epoch{7}).value(), Epoch{8});
  EXPECT_EQ(EpochRegister(store, {"events", 4, PartitionId{1}}).take(Epoch{0}).value(), Epoch{1});
}

TEST(EpochRegister, TakesNoEpochThatIsNotDurable) {
  MemorySnapshotStore store;
  store.fail_write(1);
  EXPECT_FALSE(EpochRegister(store, kPartition).take(Epoch{7}));
  store.fail_write(0);
  EXPECT_EQ(EpochRegister(store, kPartition).take(Epoch{7}).value(), Epoch{8});
}

TEST(PartitionLayout, IsKeptFromTheFirstStartOn) {
  MemorySnapshotStore store;
  EXPECT_TRUE(check_layout(store, {"events", 4}, "here"));
  EXPECT_TRUE(check_layout(store, {"events", 4}, "here"));
}

TEST(PartitionLayout, RefusesAnotherCountAndNamesTheRemedy) {
  MemorySnapshotStore store;
  ASSERT_TRUE(check_layout(store, {"events", 4}, "here"));
  const Status raised = check_layout(store, {"events", 6}, "here");
  ASSERT_FALSE(raised);
  EXPECT_EQ(raised.error().code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(raised.error().text, HasSubstr("freshet state repartition --from 4 --to 6"));
  ASSERT_TRUE(replace_layout(store, {"events", 6}));
  EXPECT_TRUE(check_layout(store, {"events", 6}, "here"));
}

TEST(PartitionLayout, RefusesAnotherTopic) {
  MemorySnapshotStore store;
  ASSERT_TRUE(check_layout(store, {"events", 4}, "here"));
  const Status other = check_layout(store, {"clicks", 4}, "here");
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().text, HasSubstr("holds states of topic events"));
}

TEST(PartitionLayout, SaysThatItIsDamaged) {
  for (const std::string damaged : {"", "events", "events 4", "events x\n", "events 0\n"}) {
    MemorySnapshotStore store;
    store.objects()["layout"] = damaged;
    const Status checked = check_layout(store, {"events", 4}, "here");
    ASSERT_FALSE(checked) << damaged;
    EXPECT_EQ(checked.error().code, ErrorCode::kCorrupt);
  }
}

}  // namespace
}  // namespace freshet
