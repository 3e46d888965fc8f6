#include "state/outbox_log.h"

#include <gtest/gtest.h>

#include <random>

#include "state_samples.h"

namespace freshet {
namespace {

OwedList owed(const UserId& user, std::int64_t offset) {
  return {user, Offset{offset}, at_s(offset)};
}

/// The rows as a store keeps them.
struct Rows {
  std::map<std::uint64_t, std::string> rows;
  OutboxLog log;

  OutboxLog::Change commit(const Commit& commit) {
    OutboxLog::Change change = log.apply(commit);
    if (change.row) rows[change.number] = *change.row;
    for (const std::uint64_t number : change.gone) EXPECT_EQ(rows.erase(number), 1u) << number;
    return change;
  }

  /// What a process that starts now would read.
  OutboxLog read_again() const {
    OutboxLog again;
    for (const auto& [number, row] : rows) EXPECT_TRUE(again.replay(number, row)) << number;
    return again;
  }
};

Commit owing(std::vector<OwedList> lists, std::vector<UserId> settled = {}) {
  Commit commit;
  commit.owed = std::move(lists);
  commit.settled = std::move(settled);
  return commit;
}

TEST(OutboxLog, WritesOneRowForACommit) {
  Rows rows;
  rows.commit(owing({owed("a", 1), owed("b", 2)}));
  EXPECT_EQ(rows.rows.size(), 1u);
  EXPECT_EQ(rows.read_again().owed(), (std::vector{owed("a", 1), owed("b", 2)}));
  EXPECT_FALSE(rows.commit({}).row) << "nothing changed";
}

TEST(OutboxLog, KeepsNothingOnceAllIsSettled) {
  Rows rows;
  rows.commit(owing({owed("a", 1), owed("b", 2)}));
  rows.commit(owing({owed("c", 3)}, {"a"}));
  EXPECT_EQ(rows.read_again().owed(), (std::vector{owed("b", 2), owed("c", 3)}));
  rows.commit(owing({}, {"b", "c"}));
  EXPECT_TRUE(rows.rows.empty());
}

TEST(OutboxLog, DoesNotBringASettledDebtBack) {
  Rows rows;
  rows.commit(owing({owed("stuck", 1), owed("a", 2)}));
  rows.commit(owing({owed("a", 3)}));
  rows.commit(owing({}, {"a"}));
  EXPECT_EQ(rows.read_again().owed(), (std::vector{owed("stuck", 1)}));
}

TEST(OutboxLog, NamesAForgottenUserInNoRow) {
  Rows rows;
  rows.commit(owing({owed("stuck", 1), owed("forgotten", 2)}));
  rows.commit(owing({}, {"forgotten"}));
  Commit forget = owing({});
  forget.erased = {"forgotten"};
  rows.commit(forget);
  for (const auto& [number, row] : rows.rows) EXPECT_EQ(row.find("forgotten"), std::string::npos);
  EXPECT_EQ(rows.read_again().owed(), (std::vector{owed("stuck", 1)}));
}

TEST(OutboxLog, StaysBoundedWhileADebtIsNotSettled) {
  Rows rows;
  rows.commit(owing({owed("stuck", 0)}));
  std::size_t rows_most = 0;
  for (std::int64_t n = 1; n <= 20'000; ++n) {
    const std::string user = "user-" + std::to_string(n);
    rows.commit(owing({owed(user, n)}));
    rows.commit(owing({}, {user}));
    rows_most = std::max(rows_most, rows.rows.size());
  }
  EXPECT_LE(rows_most, OutboxLog::kSlack + 4);
  EXPECT_EQ(rows.read_again().owed(), (std::vector{owed("stuck", 0)}));
}

TEST(OutboxLog, IsReadBackAsItWasAfterAnyCommits) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  Rows rows;
  std::map<UserId, OwedList> expected;
  for (std::int64_t n = 0; n < 3'000; ++n) {
    Commit commit;
    const UserId user = "u" + std::to_string(random() % 50);
    switch (random() % 8) {
      case 0:
        commit.erased = {user};
        expected.erase(user);
        break;
      case 1:
      case 2:
      case 3:
        commit.settled = {user};
        expected.erase(user);
        break;
      default:
        commit.owed = {owed(user, n)};
        expected[user] = owed(user, n);
    }
    rows.commit(commit);
    if (n % 7 == 0) rows.log = rows.read_again();
    const auto read = rows.read_again();
    ASSERT_EQ(read.owed().size(), expected.size()) << n;
    for (const auto& [name, list] : expected) ASSERT_EQ(read.owed_to(name), list) << n;
  }
}

}  // namespace
}  // namespace freshet
