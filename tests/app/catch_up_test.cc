#include "app/partition/catch_up.h"

#include <gtest/gtest.h>

namespace freshet {
namespace {

CatchUp after(CatchUp catch_up, std::int64_t next, std::int64_t high,
              std::chrono::seconds time = {}) {
  catch_up.advance(Offset{next}, {Offset{0}, Offset{high}}, SteadyTime{time});
  return catch_up;
}

TEST(CatchUp, IsNotNeededCloseToTheEnd) {
  const CatchUp catch_up = after(CatchUp(100), 900, 1000);
  EXPECT_FALSE(catch_up.active());
  EXPECT_EQ(catch_up.ratio(), 1);
}

TEST(CatchUp, LastsUntilTheBacklogIsSmall) {
  CatchUp catch_up = after(CatchUp(100), 0, 1000);
  EXPECT_TRUE(catch_up.active());
  EXPECT_EQ(catch_up.ratio(), 0);
  catch_up = after(catch_up, 500, 1000);
  EXPECT_TRUE(catch_up.active());
  EXPECT_EQ(catch_up.ratio(), 0.5);
  catch_up = after(catch_up, 900, 1000);
  EXPECT_FALSE(catch_up.active());
  EXPECT_EQ(catch_up.ratio(), 1);
}

TEST(CatchUp, GoesOnWhileTheLogGrows) {
  CatchUp catch_up = after(CatchUp(100), 0, 1000);
  catch_up = after(catch_up, 950, 3000);
  EXPECT_TRUE(catch_up.active());
}

TEST(CatchUp, DoesNotBeginAgainUnderLoad) {
  CatchUp catch_up = after(CatchUp(100), 0, 1000);
  catch_up = after(catch_up, 1000, 1000);
  EXPECT_FALSE(after(catch_up, 1000, 9000).active());
  EXPECT_FALSE(after(after(CatchUp(100), 0, 10), 10, 9000).active());
}

TEST(CatchUp, KnowsWhatIsLeftToReadUnderLoadToo) {
  CatchUp catch_up = after(CatchUp(100), 1000, 1000);
  EXPECT_EQ(catch_up.lag(), 0U);
  EXPECT_EQ(after(catch_up, 1000, 9000).lag(), 8000U);
  EXPECT_EQ(after(catch_up, 1001, 1000).lag(), 0U) << "watermarks are a moment old";
}

TEST(CatchUp, EndsWhereNothingMoreComes) {
  using std::chrono::seconds;
  CatchUp catch_up = after(CatchUp(100), 0, 1000, seconds{1});
  catch_up = after(catch_up, 500, 1000, seconds{20});
  EXPECT_TRUE(after(catch_up, 500, 1000, seconds{49}).active());
  catch_up = after(catch_up, 500, 1000, seconds{50});
  EXPECT_FALSE(catch_up.active()) << "the rest are offsets without records";
  EXPECT_EQ(catch_up.lag(), 0U);
  EXPECT_FALSE(after(catch_up, 501, 1000, seconds{51}).active()) << "and it does not begin again";
}

}  // namespace
}  // namespace freshet
