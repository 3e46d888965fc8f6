// What every StateStore must do, run on each of them.

#include <gmock/gmock.h>

#include <functional>
#include <memory>

#include "state/memory_store.h"
#include "state/rocksdb_store.h"
#include "state_samples.h"
#include "tests/fakes/temporary_directory.h"

namespace freshet {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;
using testing::Pair;
using testing::UnorderedElementsAre;

/// A store that can be closed and opened again.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  virtual StateStore& store() = 0;
  virtual void reopen() = 0;
};

/// Memory outlives nothing: reopening it means recovering again.
class MemoryStoreUnderTest final : public StoreUnderTest {
 public:
  StateStore& store() override { return store_; }
  void reopen() override {}

 private:
  MemoryStore store_;
};

class RocksDbStoreUnderTest final : public StoreUnderTest {
 public:
  RocksDbStoreUnderTest() { reopen(); }
  StateStore& store() override { return *store_; }
  void reopen() override {
    store_.reset();
    auto opened = RocksDbStore::open(directory_.path() + "/partition-0", resources_);
    ASSERT_TRUE(opened) << opened.error().text;
    store_ = std::move(*opened);
  }

 private:
  TemporaryDirectory directory_;
  RocksDbResources resources_{StateConfig{}};
  std::unique_ptr<RocksDbStore> store_;
};

struct Kind {
  const char* name;
  std::function<std::unique_ptr<StoreUnderTest>()> make;
};

class StateStoreContract : public testing::TestWithParam<Kind> {
 protected:
  StateStore& store() { return under_test_->store(); }

  Recovery recover() {
    auto recovery = store().recover();
    EXPECT_TRUE(recovery) << recovery.error().text;
    return recovery.value_or(Recovery{});
  }

  Recovery recover_after_reopening() {
    under_test_->reopen();
    return recover();
  }

  void commit(const Commit& commit) {
    const Status status = store().commit(commit);
    ASSERT_TRUE(status) << status.error().text;
  }

  std::vector<std::optional<std::string>> load(const std::vector<UserId>& users) {
    auto states = store().load(users);
    EXPECT_TRUE(states) << states.error().text;
    return states.value_or(std::vector<std::optional<std::string>>{});
  }

  std::vector<std::pair<std::string, std::string>> visited() {
    std::vector<std::pair<std::string, std::string>> rows;
    const Status status = store().visit_users(
        [&](std::string_view user, std::string_view state) { rows.emplace_back(user, state); });
    EXPECT_TRUE(status) << status.error().text;
    return rows;
  }

  std::unique_ptr<StoreUnderTest> under_test_ = GetParam().make();
};

DeadLetter letter_at(std::int64_t offset, std::string value = "bytes") {
  DeadLetter letter;
  letter.topic = "events";
  letter.offset = Offset{offset};
  letter.why = {BadRecordReason::kWrongType, "mend it"};
  letter.value = std::move(value);
  return letter;
}

std::vector<Offset> offsets_of(const std::vector<DeadLetter>& letters) {
  std::vector<Offset> offsets;
  for (const DeadLetter& letter : letters) offsets.push_back(letter.offset);
  return offsets;
}

TEST_P(StateStoreContract, StartsEmpty) {
  const Recovery recovery = recover();
  EXPECT_FALSE(recovery.next_offset);
  EXPECT_GT(recovery.epoch, Epoch{0});
  EXPECT_THAT(recovery.owed, IsEmpty());
  EXPECT_THAT(recovery.dead_letters, IsEmpty());
  EXPECT_THAT(load({"nobody"}), ElementsAre(std::nullopt));
  EXPECT_THAT(visited(), IsEmpty());
}

TEST_P(StateStoreContract, HoldsAllOfACommitAfterReopening) {
  recover();
  const OwedList owed{"a", Offset{4}, at_s(4)};
  commit({Offset{5}, {{"a", "state of a"}, {"b", ""}}, {owed}, {}, {letter_at(3)}, {}});

  const Recovery recovery = recover_after_reopening();

  EXPECT_THAT(recovery.next_offset, Optional(Offset{5}));
  EXPECT_THAT(recovery.owed, ElementsAre(owed));
  ASSERT_THAT(offsets_of(recovery.dead_letters), ElementsAre(Offset{3}));
  EXPECT_EQ(recovery.dead_letters[0].why.text, "mend it");
  EXPECT_EQ(recovery.dead_letters[0].value, "bytes");
  EXPECT_THAT(load({"a", "b"}),
              ElementsAre(Optional(std::string("state of a")), Optional(std::string())));
}

TEST_P(StateStoreContract, KeepsTheNewestSourceOffsets) {
  recover();
  const SourcePartition first{"clicks", PartitionId{0}};
  const SourcePartition other{"clicks", PartitionId{12}};
  const SourcePartition same_of_another_topic{"clicks-2", PartitionId{0}};
  commit({.next_offset = Offset{1},
          .source_offsets = {
              {first, Offset{5}}, {other, Offset{7}}, {same_of_another_topic, Offset{3}}}});
  commit({.next_offset = Offset{2}, .source_offsets = {{first, Offset{1'000'000}}}});

  const SourceOffsetMap expected{
      {first, Offset{1'000'000}}, {other, Offset{7}}, {same_of_another_topic, Offset{3}}};
  EXPECT_EQ(recover_after_reopening().source_offsets, expected);
}

TEST_P(StateStoreContract, ErasesAUserInOneCommitAndKeepsThatItWas) {
  recover();
  const OwedList other{"b", Offset{1}, at_s(1)};
  commit({.next_offset = Offset{3},
          .states = {{"a", "A"}, {"b", "B"}},
          .owed = {{"a", Offset{2}, at_s(2)}, other},
          .dead_letters = {letter_at(0)}});
  const OwedList removal{"a", Offset{2}, at_s(9), true};
  const ForgottenUser row{user_hash("a"), at_s(9), Offset{3}};
  commit({.next_offset = Offset{3},
          .owed = {removal},
          .settled_dead_letters = {Offset{0}},
          .erased = {"a"},
          .forgotten = {row}});

  const Recovery recovery = recover_after_reopening();

  EXPECT_THAT(load({"a", "b"}), ElementsAre(std::nullopt, Optional(std::string("B"))));
  EXPECT_THAT(visited(), ElementsAre(Pair("b", "B")));
  EXPECT_THAT(recovery.owed, UnorderedElementsAre(removal, other));
  EXPECT_THAT(recovery.dead_letters, IsEmpty());
  EXPECT_THAT(recovery.forgotten, ElementsAre(row));
}

TEST_P(StateStoreContract, TakesAStateOfAUserWhomItErases) {
  recover();
  commit({.next_offset = Offset{1}, .states = {{"a", "before"}}});
  commit({.next_offset = Offset{2}, .states = {{"a", "after"}}, .erased = {"a"}});
  under_test_->reopen();
  recover();
  EXPECT_THAT(load({"a"}), ElementsAre(Optional(std::string("after"))));
}

TEST_P(StateStoreContract, KeepsTheNewestTombstoneOfAUser) {
  recover();
  const ForgottenUser first{1, at_s(1), Offset{3}};
  const ForgottenUser second{~0ULL, at_s(1), Offset{3}};
  const ForgottenUser later{~0ULL, at_s(2), Offset{4}};
  commit({.next_offset = Offset{3}, .forgotten = {first, second}});
  commit({.next_offset = Offset{4}, .forgotten = {later}});
  EXPECT_THAT(recover_after_reopening().forgotten, ElementsAre(first, later));
}

TEST_P(StateStoreContract, KnowsWhetherItsOwnerBeforeClosedIt) {
  EXPECT_TRUE(recover().orderly) << "nobody had it";
  EXPECT_FALSE(recover_after_reopening().orderly);
  store().close();
  EXPECT_TRUE(recover_after_reopening().orderly);
}

TEST_P(StateStoreContract, KeepsAnAttemptUntilACommitPassesIt) {
  recover();
  ASSERT_TRUE(store().note({Offset{7}, 2}));
  commit({.next_offset = Offset{7}});  // Acknowledgements alone.
  EXPECT_THAT(recover_after_reopening().attempt, Optional(Attempt{Offset{7}, 2}));

  commit({.next_offset = Offset{8}});
  EXPECT_EQ(recover_after_reopening().attempt, std::nullopt);
}

TEST_P(StateStoreContract, BlamesNoRecordForAnOrderlyEnd) {
  recover();
  ASSERT_TRUE(store().note({Offset{7}, 2}));
  store().close();
  EXPECT_THAT(recover_after_reopening().attempt, Optional(Attempt{Offset{7}, 1}));
  store().close();
  EXPECT_THAT(recover_after_reopening().attempt, Optional(Attempt{Offset{7}, 1}));

  ASSERT_TRUE(store().note({Offset{7}, 1}));
  store().close();
  EXPECT_EQ(recover_after_reopening().attempt, std::nullopt);
}

TEST_P(StateStoreContract, MovesTheNextOffsetWithAnEmptyCommit) {
  recover();
  commit({.next_offset = Offset{0}});
  EXPECT_THAT(recover_after_reopening().next_offset, Optional(Offset{0}));
  commit({.next_offset = Offset{1LL << 50}});
  EXPECT_THAT(recover_after_reopening().next_offset, Optional(Offset{1LL << 50}));
}

TEST_P(StateStoreContract, GrowsTheEpochWithEachRecovery) {
  const Epoch first = recover().epoch;
  const Epoch second = recover_after_reopening().epoch;
  const Epoch third = recover_after_reopening().epoch;
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
}

TEST_P(StateStoreContract, ReplacesStatesAndKeepsTheOthers) {
  recover();
  commit({.next_offset = Offset{1}, .states = {{"a", "1"}, {"b", "1"}}});
  commit({.next_offset = Offset{2}, .states = {{"a", "2"}}});
  EXPECT_THAT(load({"a", "b"}),
              ElementsAre(Optional(std::string("2")), Optional(std::string("1"))));
}

TEST_P(StateStoreContract, LoadsInTheOrderAskedFor) {
  recover();
  commit({.next_offset = Offset{1}, .states = {{"a", "A"}, {"b", "B"}, {"c", "C"}}});
  EXPECT_THAT(load({"c", "x", "a", "c"}),
              ElementsAre(Optional(std::string("C")), std::nullopt, Optional(std::string("A")),
                          Optional(std::string("C"))));
  EXPECT_THAT(load({}), IsEmpty());
}

TEST_P(StateStoreContract, KeepsOneDebtPerUserUntilItIsSettled) {
  recover();
  const OwedList older{"a", Offset{1}, at_s(1)};
  const OwedList newer{"a", Offset{2}, at_s(2)};
  const OwedList other{"b", Offset{3}, at_s(3)};
  commit({.next_offset = Offset{2}, .owed = {older, newer}});
  commit({.next_offset = Offset{4}, .owed = {other}});
  EXPECT_THAT(recover_after_reopening().owed, ElementsAre(newer, other));
  commit({.next_offset = Offset{4}, .settled = {"a", "never owed"}});
  EXPECT_THAT(recover_after_reopening().owed, ElementsAre(other));
}

TEST_P(StateStoreContract, KeepsDeadLettersByOffsetUntilTheyAreSettled) {
  recover();
  commit({.next_offset = Offset{400},
          .dead_letters = {letter_at(300), letter_at(2), letter_at(300, "again")}});
  const Recovery recovery = recover_after_reopening();
  EXPECT_THAT(offsets_of(recovery.dead_letters), ElementsAre(Offset{2}, Offset{300}));
  EXPECT_EQ(recovery.dead_letters.back().value, "again");
  commit({.next_offset = Offset{400}, .settled_dead_letters = {Offset{2}, Offset{9}}});
  EXPECT_THAT(offsets_of(recover_after_reopening().dead_letters), ElementsAre(Offset{300}));
}

TEST_P(StateStoreContract, VisitsUsersInKeyOrder) {
  recover();
  const std::string high = "\xff";
  commit({.next_offset = Offset{1}, .states = {{"b", "2"}, {high, "4"}, {"a", "1"}, {"ba", "3"}}});
  EXPECT_THAT(visited(),
              ElementsAre(Pair("a", "1"), Pair("b", "2"), Pair("ba", "3"), Pair(high, "4")));
}

TEST_P(StateStoreContract, VisitsUsersBetweenTwoPlacesUntilItIsToldToStop) {
  recover();
  commit({.next_offset = Offset{1}, .states = {{"b", "2"}, {"d", "4"}, {"a", "1"}, {"c", "3"}}});
  commit({.next_offset = Offset{1}, .erased = {"c"}});
  std::vector<std::string> users;
  const auto visit = [&](std::string_view user, std::string_view) {
    users.emplace_back(user);
    return users.size() < 2;
  };
  ASSERT_TRUE(store().visit_users_between("aa", "", visit));
  EXPECT_THAT(users, ElementsAre("b", "d"));
  users.clear();
  ASSERT_TRUE(store().visit_users_between("e", "", visit));
  EXPECT_THAT(users, IsEmpty());
  ASSERT_TRUE(store().visit_users_between("a", "", visit));
  EXPECT_THAT(users, ElementsAre("a", "b"));
  users.clear();
  ASSERT_TRUE(store().visit_users_between("a", "b", visit));
  EXPECT_THAT(users, ElementsAre("a"));
}

TEST_P(StateStoreContract, KeepsTheNewestWatermark) {
  recover();
  EventWatermark watermark;
  watermark.observe("a", at_s(1));
  commit({.next_offset = Offset{1}, .watermark = watermark});
  watermark.observe("b", at_s(2));
  commit({.next_offset = Offset{2}, .watermark = watermark});
  commit({.next_offset = Offset{2}, .settled = {"a"}});
  EXPECT_EQ(recover_after_reopening().watermark, watermark);
}

TEST_P(StateStoreContract, TakesAnyBytes) {
  recover();
  const std::string zeros("\0a\0", 3);
  const std::string large(1 << 20, 'x');
  commit({.next_offset = Offset{1}, .states = {{zeros, zeros}, {"large", large}}});
  under_test_->reopen();
  recover();
  EXPECT_THAT(load({zeros, "large"}), ElementsAre(Optional(zeros), Optional(large)));
}

INSTANTIATE_TEST_SUITE_P(
    Stores, StateStoreContract,
    testing::Values(Kind{"Memory", [] { return std::make_unique<MemoryStoreUnderTest>(); }},
                    Kind{"RocksDb", [] { return std::make_unique<RocksDbStoreUnderTest>(); }}),
    [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace freshet
