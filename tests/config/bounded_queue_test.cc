#include "config/bounded_queue.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace freshet {
namespace {

using namespace std::chrono_literals;

TEST(BoundedQueue, TakesAsManyAsThereIsRoomForAndLeavesTheRest) {
  BoundedQueue<std::string> queue(3);
  std::string first = "first";
  ASSERT_TRUE(queue.try_push(first));
  std::vector<std::string> more{"second", "third", "fourth"};

  EXPECT_EQ(queue.try_push_all(std::span(more)), 2u);

  EXPECT_EQ(more[2], "fourth") << "untouched";
  EXPECT_EQ(queue.pop_batch(10, 0us, {}), (std::vector<std::string>{"first", "second", "third"}));
}

TEST(BoundedQueue, TakesNothingWhenFull) {
  BoundedQueue<int> queue(1);
  int one = 1;
  ASSERT_TRUE(queue.try_push(one));
  std::vector<int> more{2};

  EXPECT_EQ(queue.try_push_all(std::span(more)), 0u);
  EXPECT_EQ(queue.size(), 1u);
}

TEST(BoundedQueue, WakesWhoWaitsWithTheWholeBatch) {
  BoundedQueue<int> queue(10);
  std::vector<int> taken;
  {
    std::jthread consumer([&] { taken = queue.pop_batch(10, 1h, {}); });
    std::vector<int> items{1, 2, 3};
    EXPECT_EQ(queue.try_push_all(std::span(items)), 3u);
  }
  EXPECT_EQ(taken, (std::vector<int>{1, 2, 3}));
}

}  // namespace
}  // namespace freshet
