#include "app/partition/lease.h"

#include <gtest/gtest.h>

#include "app/partition/leased_publisher.h"
#include "tests/fakes/fake_publisher.h"
#include "tests/fakes/manual_clock.h"

namespace freshet {
namespace {

using namespace std::chrono_literals;

TEST(Lease, BeginsWithout) {
  const ManualClock clock;
  EXPECT_FALSE(Lease(clock, 10s).valid());
}

TEST(Lease, LastsForTheSessionTimeoutFromTheRequestOn) {
  ManualClock clock;
  Lease lease(clock, 10s);
  const BootTime asked = clock.boot_now();
  clock.advance(3s);
  lease.confirm(asked);

  clock.advance(6'999ms);
  EXPECT_TRUE(lease.valid());
  clock.advance(1ms);
  EXPECT_FALSE(lease.valid());
}

TEST(Lease, IsNotShortenedByAnAnswerThatComesLate) {
  ManualClock clock;
  Lease lease(clock, 10s);
  const BootTime early = clock.boot_now();
  clock.advance(5s);
  lease.confirm(clock.boot_now());
  lease.confirm(early);

  clock.advance(9s);
  EXPECT_TRUE(lease.valid());
}

TEST(LeasedPublisher, GivesUpWhatComesAfterTheLease) {
  ManualClock clock;
  Lease lease(clock, 10s);
  lease.confirm(clock.boot_now());
  std::vector<bool> lists, letters;
  const DeliveryHandlers handlers{
      [&](const ListDelivery& d) { lists.push_back(d.delivered); },
      [&](const DeadLetterDelivery& d) { letters.push_back(d.delivered); }};
  FakePublisher publisher(handlers);
  LeasedPublisher leased(publisher, lease, handlers);

  ASSERT_TRUE(leased.publish(RankedList{}));
  clock.advance(11s);
  ASSERT_TRUE(leased.publish(RankedList{}));
  ASSERT_TRUE(leased.publish(DeadLetter{}));

  EXPECT_EQ(lists, (std::vector<bool>{true, false}));
  EXPECT_EQ(letters, (std::vector<bool>{false}));
  EXPECT_EQ(publisher.lists().size(), 1u);
  EXPECT_TRUE(publisher.dead_letters().empty());
}

}  // namespace
}  // namespace freshet
