#include "app/catch_up.h"

#include <gtest/gtest.h>

namespace freshet {
namespace {

CatchUp after(CatchUp catch_up, std::int64_t next, std::int64_t high) {
  catch_up.advance(Offset{next}, {Offset{0}, Offset{high}});
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

}  // namespace
}  // namespace freshet
