#include "state/event_watermark.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "state_samples.h"

namespace freshet {
namespace {

TEST(EventWatermark, IsUnknownUntilThreeUsersHaveCome) {
  EventWatermark watermark;
  for (int i = 0; i < 10; ++i) watermark.observe("a", at_s(i));
  watermark.observe("b", at_s(5));
  EXPECT_EQ(watermark.time(), std::nullopt);
  watermark.observe("c", at_s(2));
  EXPECT_EQ(watermark.time(), at_s(2));
}

TEST(EventWatermark, IsNotMovedByTheWrongClocksOfTwoUsers) {
  EventWatermark watermark;
  for (const char* user : {"a", "b", "c"}) watermark.observe(user, at_s(1));
  for (int i = 0; i < 100; ++i) {
    watermark.observe("wrong", at_s(1'000'000 + i));
    watermark.observe("wrong too", at_s(2'000'000 + i));
  }
  EXPECT_EQ(watermark.time(), at_s(1));
  watermark.observe("a", at_s(3));
  EXPECT_EQ(watermark.time(), at_s(3));
}

TEST(EventWatermark, NeverStepsBack) {
  EventWatermark watermark;
  for (const char* user : {"a", "b", "c"}) watermark.observe(user, at_s(10));
  for (const char* user : {"a", "b", "c", "d"}) watermark.observe(user, at_s(2));
  EXPECT_EQ(watermark.time(), at_s(10));
}

TEST(EventWatermark, IsTheThirdFurthestUsersTimeInWhateverOrderEventsCome) {
  const std::uint64_t seed = printed_seed();
  std::mt19937_64 random(seed);
  for (int round = 0; round < 50; ++round) {
    std::vector<std::pair<std::string, EventTime>> events;
    std::map<std::string, EventTime> newest;
    for (int i = 0; i < 60; ++i) {
      const auto& [user, time] = events.emplace_back("u" + std::to_string(random() % 12),
                                                     at_s(static_cast<int>(random() % 40)));
      newest[user] = std::max(newest[user], time);
    }
    std::vector<EventTime> times;
    for (const auto& [user, time] : newest) times.push_back(time);
    std::sort(times.rbegin(), times.rend());
    for (int order = 0; order < 3; ++order) {
      std::shuffle(events.begin(), events.end(), random);
      EventWatermark watermark;
      for (const auto& [user, time] : events) watermark.observe(user, time);
      EXPECT_EQ(watermark.time(), times.at(2)) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace freshet
