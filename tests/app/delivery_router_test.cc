#include "app/partition/delivery_router.h"

#include <gtest/gtest.h>

namespace freshet {
namespace {

using namespace std::chrono_literals;

TEST(DeliveryRouter, DeadLettersOfOtherTopicsSettleNoneOfTheEvents) {
  Config config;
  DeliveryRouter router(config);
  const auto inbox = router.open(PartitionId{0});

  router.deliver(
      DeadLetterDelivery{PartitionId{0}, Offset{5}, true, config.ingest.kafka.items_topic});
  EXPECT_TRUE(inbox->dead_letters.pop_batch(10, 0us, {}).empty());

  router.deliver(
      DeadLetterDelivery{PartitionId{0}, Offset{5}, true, config.ingest.kafka.events_topic});
  EXPECT_EQ(inbox->dead_letters.pop_batch(10, 0us, {}).size(), 1U);
}

}  // namespace
}  // namespace freshet
