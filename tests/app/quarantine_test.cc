#include "app/partition/quarantine.h"

#include <gtest/gtest.h>

namespace freshet {
namespace {

constexpr std::size_t kBatchMax = 10;

/// A start after which `attempt` was found.
Quarantine opened(std::optional<Attempt> attempt, bool orderly = false) {
  Quarantine quarantine(kBatchMax);
  Recovery recovery;
  recovery.orderly = orderly;
  recovery.attempt = attempt;
  quarantine.opened(recovery);
  return quarantine;
}

TEST(Quarantine, NotesOnlyTheFirstBatchInNormalOperation) {
  Quarantine quarantine = opened(std::nullopt, true);
  EXPECT_EQ(quarantine.batch_records_max(), kBatchMax);
  EXPECT_EQ(quarantine.attempt(Offset{5}), (Attempt{Offset{5}, 1}));

  quarantine.committed(Offset{5}, 10);

  EXPECT_EQ(quarantine.attempt(Offset{15}), std::nullopt);
  EXPECT_EQ(quarantine.batch_records_max(), kBatchMax);
}

TEST(Quarantine, CountsADeathBeforeWhichNothingWasNoted) {
  EXPECT_EQ(opened(std::nullopt, false).attempt(Offset{5}), (Attempt{Offset{5}, 2}));
}

TEST(Quarantine, TakesRecordsOneByOneAfterTwoDeaths) {
  Quarantine quarantine = opened(Attempt{Offset{5}, 2});
  EXPECT_EQ(quarantine.batch_records_max(), 1u);
  EXPECT_EQ(quarantine.attempt(Offset{5}), (Attempt{Offset{5}, 3}));

  quarantine.committed(Offset{5}, 1);

  EXPECT_EQ(quarantine.attempt(Offset{6}), (Attempt{Offset{6}, 3}))
      << "the batch died twice, whichever of its records did it";
  EXPECT_FALSE(quarantine.condemns(Offset{6}));
}

TEST(Quarantine, CondemnsTheRecordInHandAtTheThirdDeath) {
  const Quarantine quarantine = opened(Attempt{Offset{6}, 3});

  EXPECT_TRUE(quarantine.condemns(Offset{6}));
  EXPECT_FALSE(quarantine.condemns(Offset{7}));
}

TEST(Quarantine, CondemnsNobodyForADeathThatAnotherRecordCaused) {
  Quarantine quarantine = opened(Attempt{Offset{6}, 3});
  quarantine.committed(Offset{6}, 1);

  EXPECT_EQ(quarantine.batch_records_max(), 1u) << "more culprits may follow";
  EXPECT_EQ(quarantine.attempt(Offset{7}), (Attempt{Offset{7}, 1}));
}

TEST(Quarantine, ForgetsAnAttemptAtARecordThatIsGone) {
  const Quarantine quarantine = opened(Attempt{Offset{6}, 3});

  EXPECT_EQ(quarantine.attempt(Offset{9}), (Attempt{Offset{9}, 1}));
}

TEST(Quarantine, EndsTheSearchBehindTheBatchThatDied) {
  Quarantine quarantine = opened(Attempt{Offset{5}, 2});
  for (std::int64_t i = 0; i < 10; ++i) quarantine.committed(Offset{5 + i}, 1);

  EXPECT_EQ(quarantine.batch_records_max(), kBatchMax);
  EXPECT_EQ(quarantine.attempt(Offset{15}), std::nullopt);
}

}  // namespace
}  // namespace freshet
