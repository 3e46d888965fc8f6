#include "state/expiry.h"

#include <gmock/gmock.h>

#include <map>
#include <random>
#include <set>

#include "state/memory_store.h"
#include "state/user_state_codec.h"
#include "state_samples.h"

namespace freshet {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::chrono::seconds kAge{3'200};

EventWatermark watermark_at(int s) {
  EventWatermark watermark;
  for (const char* user : {"a", "b", "c"}) watermark.observe(user, at_s(s));
  return watermark;
}

/// Sorts by its number, below 10,000.
UserId user_of(int i) { return "u" + std::to_string(10'000 + i); }

class ExpirySearchTest : public testing::Test {
 protected:
  void store(const UserId& user, int newest_s) {
    UserState state;
    state.newest_event_time = at_s(newest_s);
    ASSERT_TRUE(store_.commit({.next_offset = Offset{1}, .states = {{user, encode(state)}}}));
  }

  /// What the next slice finds, once it is time to look.
  std::vector<UserId> next(int watermark_s, std::size_t max = 1'000) {
    now_ += ExpirySearch::kPause;
    const auto found = search_.next(store_, watermark_at(watermark_s), max, now_);
    EXPECT_TRUE(found) << found.error().text;
    return found.value_or(std::vector<UserId>{});
  }

  MemoryStore store_;
  SteadyTime now_{1h};
  int watermark_s_ = 4'000;
  ExpirySearch search_{kAge};
};

TEST(Expiry, GoesByTheWatermarkAlone) {
  EXPECT_FALSE(has_expired(at_s(0), watermark_at(3'200), kAge)) << "exactly so old is not older";
  EXPECT_TRUE(has_expired(at_s(0), watermark_at(3'201), kAge));
  EXPECT_FALSE(has_expired(at_s(0), EventWatermark{}, kAge)) << "nobody knows how late it is";
  EXPECT_FALSE(has_expired(at_s(0), watermark_at(1'000'000), 0s)) << "none expires";
}

TEST_F(ExpirySearchTest, FindsWhoseNewestEventIsTooOld) {
  store("old", 0);
  store("young", 1'000);
  EXPECT_THAT(next(4'000), ElementsAre("old"));
}

TEST_F(ExpirySearchTest, LooksAtAFewUsersAtATimeAndAtAllOfThemInTheEnd) {
  std::set<UserId> expected;
  for (int i = 0; i < 1'500; ++i) {
    const bool old = i % 100 == 0;
    const UserId user = user_of(i);
    store(user, old ? 0 : 1'000);
    if (old) expected.insert(user);
  }
  std::set<UserId> found;
  int slices = 0;
  for (; found.size() < expected.size() && slices < 100; ++slices) {
    for (const UserId& user : next(4'000)) found.insert(user);
  }
  EXPECT_EQ(found, expected);
  EXPECT_EQ(slices, 6) << "of 256 users each";
}

TEST_F(ExpirySearchTest, FindsNoMoreAtOnceThanItMayAndGoesOnBehindThem) {
  for (int i = 0; i < 100; ++i) store(user_of(i), 0);
  EXPECT_THAT(next(4'000, 3), ElementsAre(user_of(0), user_of(1), user_of(2)));
  EXPECT_THAT(next(4'000, 1), ElementsAre(user_of(3)));
  EXPECT_THAT(next(4'000), SizeIs(ExpirySearch::kSliceFoundMax));
}

TEST_F(ExpirySearchTest, PausesBetweenSlices) {
  for (int i = 0; i < 100; ++i) store(user_of(i), 0);
  EXPECT_THAT(next(4'000), SizeIs(ExpirySearch::kSliceFoundMax));
  const auto too_soon = search_.next(store_, watermark_at(4'000), 10, now_ + 99ms);
  ASSERT_TRUE(too_soon);
  EXPECT_THAT(*too_soon, IsEmpty());
}

TEST_F(ExpirySearchTest, WalksAgainOnceTheWatermarkHasMovedOn) {
  store("a", 1'000);
  EXPECT_THAT(next(4'150), IsEmpty());
  store("b", 0);  // Behind the walk that is over.
  EXPECT_THAT(next(4'249), IsEmpty()) << "a 32nd of the age is 100 s";
  EXPECT_THAT(next(4'250), ElementsAre("a", "b"));
}

TEST_F(ExpirySearchTest, EndsASliceWhereOneEndedBeforeSoThatItMeetsFewErasedUsers) {
  constexpr int kUsers = 10'000;
  for (int i = 0; i < kUsers; ++i) store(user_of(i), 0);
  std::size_t erased = 0;
  do {
    for (const UserId& user : next(4'000)) {
      ASSERT_TRUE(store_.commit({.next_offset = Offset{1}, .erased = {user}}));
      ++erased;
    }
  } while (search_.walking());
  EXPECT_EQ(erased, static_cast<std::size_t>(kUsers));
  // Nobody is left: a walk goes by the marks alone, half as many each time.
  for (const int slices_min : {140, 70, 35, 1, 1}) {
    int slices = 0;
    watermark_s_ += 100;
    do {
      EXPECT_THAT(next(watermark_s_), IsEmpty());
      ++slices;
    } while (search_.walking());
    EXPECT_GE(slices, slices_min);
    EXPECT_LE(slices, 2 * slices_min + 40);
  }
}

TEST_F(ExpirySearchTest, LooksAtAllUsersInEveryWalkAsTheyComeAndGo) {
  const std::uint64_t seed = printed_seed();
  std::mt19937_64 random(seed);
  std::map<UserId, int> stored;
  for (int walk = 0; walk < 40; ++walk) {
    for (int i = 0; i < 300; ++i) {
      const UserId user = user_of(static_cast<int>(random() % 10'000));
      stored[user] = watermark_s_ - static_cast<int>(random() % 4'000);
      store(user, stored[user]);
    }
    watermark_s_ += 100;
    do {
      for (const UserId& user : next(watermark_s_)) {
        ASSERT_TRUE(store_.commit({.next_offset = Offset{1}, .erased = {user}}));
        ASSERT_LT(stored.at(user), watermark_s_ - 3'200);
        stored.erase(user);
      }
    } while (search_.walking());
    for (const auto& [user, newest_s] : stored)
      ASSERT_GE(newest_s, watermark_s_ - 3'200) << user << ", seed " << seed;
  }
}

TEST_F(ExpirySearchTest, NamesAUserWhoseStateCannotBeRead) {
  ASSERT_TRUE(store_.commit({.next_offset = Offset{1}, .states = {{"broken", "?"}}}));
  const auto found = search_.next(store_, watermark_at(4'000), 10, now_);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::kCorrupt);
  EXPECT_THAT(found.error().text, testing::HasSubstr("user broken"));
}

}  // namespace
}  // namespace freshet
