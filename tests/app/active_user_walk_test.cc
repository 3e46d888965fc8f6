#include "app/partition/active_user_walk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "state/memory_store.h"
#include "state/user_state_codec.h"

namespace freshet {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr EventTime kNow{std::chrono::hours(480'000)};
const Position kPosition{PartitionId{3}, Offset{41}, Epoch{7}};

UserState clicked(EventTime time) {
  UserState state;
  state.newest_event_time = time;
  state.history.push_back({.item = ItemId{1}, .event_time = time});
  return state;
}

class ActiveUserWalkTest : public testing::Test {
 protected:
  void keep(const UserId& user, const UserState& state) {
    ASSERT_TRUE(store_.commit({.next_offset = Offset{42}, .states = {{user, encode(state)}}}));
  }

  void look() { ASSERT_TRUE(walk_.look(store_, kPosition, kNow)); }

  std::vector<UserId> found() {
    std::vector<UserId> users;
    for (const ActiveUser& user : queue_.pop_batch(100, 0us, {})) users.push_back(user.user);
    return users;
  }

  MemoryStore store_;
  ActiveUserQueue queue_{100};
  ActiveUserWalk walk_{RefreshConfig{.active = 24h}, &queue_};
};

TEST_F(ActiveUserWalkTest, FindsWhoDidSomethingOfLate) {
  keep("a", clicked(kNow - 24h));
  keep("b", clicked(kNow - 24h + 1ms));
  keep("c", clicked(kNow));
  look();
  const auto users = queue_.pop_batch(100, 0us, {});
  ASSERT_THAT(users, SizeIs(2));
  EXPECT_EQ(users[0].user, "b");
  EXPECT_EQ(users[0].position, kPosition);
  EXPECT_EQ(users[0].event_time, kNow - 24h + 1ms);
  EXPECT_EQ(users[1].user, "c");
}

TEST_F(ActiveUserWalkTest, WhoWasOnlyShownItemsHasNoListToBeMadeAgain) {
  UserState state;
  state.newest_event_time = kNow;
  keep("a", state);
  look();
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(ActiveUserWalkTest, WalksRoundOnceAFewAtATime) {
  constexpr std::size_t kCount = 2 * ActiveUserWalk::kUsersLookedAt + 5;
  for (std::size_t k = 0; k < kCount; ++k) keep("u" + std::to_string(100 + k), clicked(kNow));
  std::size_t count = 0;
  for (int step = 0; step < 5; ++step) {
    look();
    const std::size_t more = found().size();
    EXPECT_LE(more, ActiveUserWalk::kUsersLookedAt);
    count += more;
  }
  EXPECT_EQ(count, kCount);
}

TEST_F(ActiveUserWalkTest, NobodyIsPassedByWhileThereIsNoRoom) {
  ActiveUserQueue small(2);
  ActiveUserWalk walk({}, &small);
  for (const char* user : {"a", "b", "c", "d", "e"}) keep(user, clicked(kNow));
  std::vector<UserId> users;
  for (int step = 0; step < 4; ++step) {
    ASSERT_TRUE(walk.look(store_, kPosition, kNow));
    for (const ActiveUser& user : small.pop_batch(100, 0us, {})) users.push_back(user.user);
  }
  EXPECT_THAT(users, ElementsAre("a", "b", "c", "d", "e"));
}

TEST_F(ActiveUserWalkTest, LooksAtNobodyWhereNoListIsMadeAgain) {
  keep("a", clicked(kNow));
  ActiveUserWalk off({.enabled = false}, &queue_);
  ASSERT_TRUE(off.look(store_, kPosition, kNow));
  EXPECT_THAT(found(), IsEmpty());
}

}  // namespace
}  // namespace freshet
