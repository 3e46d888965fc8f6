#include "state/state_cache.h"

#include <gtest/gtest.h>

#include "state_samples.h"

namespace freshet {
namespace {

UserState state_of(std::size_t history) {
  UserState state;
  state.history.resize(history);
  state.session_count = static_cast<std::uint32_t>(history);
  return state;
}

TEST(StateCache, GivesBackWhatWasPut) {
  StateCache cache(1 << 20);
  cache.put("a", state_of(3));
  ASSERT_NE(cache.find("a"), nullptr);
  EXPECT_EQ(*cache.find("a"), state_of(3));
  UserState state;
  EXPECT_TRUE(cache.take("a", state));
  EXPECT_EQ(state, state_of(3));
  EXPECT_FALSE(cache.take("a", state)) << "it was taken out";
  EXPECT_EQ(cache.find("b"), nullptr);
}

TEST(StateCache, KeepsTheNewestStateOfAUser) {
  StateCache cache(1 << 20);
  cache.put("a", state_of(1));
  cache.put("a", state_of(2));
  EXPECT_EQ(cache.size(), 1u);
  EXPECT_EQ(*cache.find("a"), state_of(2));
  cache.erase("a");
  EXPECT_EQ(cache.size(), 0u);
}

TEST(StateCache, TakesAStateBackThatWasOut) {
  StateCache cache(1 << 20);
  cache.put("a", state_of(1));
  UserState state;
  ASSERT_TRUE(cache.take("a", state));
  EXPECT_EQ(cache.find("a"), nullptr) << "it is out";
  cache.put("a", state_of(2));
  ASSERT_NE(cache.find("a"), nullptr);
  EXPECT_EQ(*cache.find("a"), state_of(2));
  EXPECT_EQ(cache.size(), 1u);
}

TEST(StateCache, ForgetsAStateThatGrewTooLargeForIt) {
  StateCache cache(4 << 10);
  cache.put("a", state_of(1));
  cache.put("a", state_of(1'000));
  EXPECT_EQ(cache.find("a"), nullptr);
  EXPECT_EQ(cache.size(), 0u);
}

TEST(StateCache, LetsThoseGoWhoWereUnusedForLongest) {
  StateCache cache(64 << 10);
  for (int i = 0; i < 1'000; ++i) cache.put("user-" + std::to_string(i), state_of(10));
  const std::size_t kept = cache.size();
  EXPECT_GT(kept, 20u);
  EXPECT_LT(kept, 200u) << "the bound holds";
  EXPECT_NE(cache.find("user-999"), nullptr);
  EXPECT_EQ(cache.find("user-" + std::to_string(999 - kept)), nullptr);
}

TEST(StateCache, KeepsNothingWithoutRoom) {
  StateCache cache(0);
  cache.put("a", state_of(1));
  EXPECT_EQ(cache.size(), 0u);
}

}  // namespace
}  // namespace freshet
