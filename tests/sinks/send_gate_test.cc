#include "sinks/send_gate.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace freshet {
namespace {

using namespace std::chrono_literals;

class SendGateTest : public ::testing::Test {
 protected:
  SendGate gate(SendGate::Limits limits = {}) const { return SendGate(limits); }

  static OutgoingRecord to_partition(int partition, std::string_view value = "value") {
    return {.topic = "lists",
            .key = "anna",
            .value = value,
            .headers = {},
            .partition = PartitionId{partition}};
  }

  void hold(SendGate& gate, const OutgoingRecord& record) {
    gate.hold(gate.lane_of(record), HeldRecord(record, nullptr, now_));
  }

  static SendGate::Lane& send_one(SendGate& gate, const OutgoingRecord& record) {
    SendGate::Lane& lane = gate.lane_of(record);
    EXPECT_TRUE(gate.passes(lane));
    gate.sent(lane);
    return lane;
  }

  static std::vector<std::string> values(const std::vector<HeldRecord>& wave) {
    std::vector<std::string> found;
    for (const HeldRecord& held : wave)
      held.visit([&](const OutgoingRecord& record) { found.emplace_back(*record.value); });
    return found;
  }

  SteadyTime now_{1h};
};

TEST_F(SendGateTest, LetsARecordPassThatFindsNothingOnItsWay) {
  auto gate = this->gate();

  const SendGate::Lane& lane = send_one(gate, to_partition(0));

  EXPECT_FALSE(gate.passes(lane));
  EXPECT_EQ(gate.on_their_way(), 1U);
}

TEST_F(SendGateTest, HoldsTheOthersUntilAllBeforeThemAreAnswered) {
  auto gate = this->gate();
  SendGate::Lane& lane = send_one(gate, to_partition(0));
  hold(gate, to_partition(0, "second"));
  hold(gate, to_partition(0, "third"));

  EXPECT_TRUE(gate.next_wave(now_).empty());
  gate.handed();
  EXPECT_TRUE(gate.answered(lane));
  EXPECT_EQ(values(gate.next_wave(now_)), (std::vector<std::string>{"second", "third"}));
  gate.handed();
  hold(gate, to_partition(0, "fourth"));

  EXPECT_FALSE(gate.answered(lane)) << "one of two";
  EXPECT_TRUE(gate.next_wave(now_).empty());
  EXPECT_TRUE(gate.answered(lane));
  EXPECT_EQ(values(gate.next_wave(now_)), std::vector<std::string>{"fourth"});
}

TEST_F(SendGateTest, NoPartitionWaitsForAnother) {
  auto gate = this->gate();
  send_one(gate, to_partition(0));
  hold(gate, to_partition(0, "held"));
  SendGate::Lane& other = send_one(gate, to_partition(1));
  hold(gate, to_partition(1, "free"));

  gate.answered(other);

  EXPECT_EQ(values(gate.next_wave(now_)), std::vector<std::string>{"free"});
}

TEST_F(SendGateTest, NothingOvertakesWhatIsHeldOrBeingHandedOver) {
  auto gate = this->gate();
  SendGate::Lane& lane = send_one(gate, to_partition(0));
  hold(gate, to_partition(0));
  gate.answered(lane);

  EXPECT_FALSE(gate.passes(lane)) << "one is held";
  ASSERT_EQ(gate.next_wave(now_).size(), 1U);
  gate.answered(lane);
  EXPECT_FALSE(gate.passes(lane)) << "it is being handed over";
  gate.handed();
  EXPECT_TRUE(gate.passes(lane));
}

TEST_F(SendGateTest, AWaveIsNoLargerThanABatch) {
  auto gate = this->gate({.wave_bytes_max = 20});
  SendGate::Lane& lane = send_one(gate, to_partition(0));
  for (int i = 0; i < 3; ++i) hold(gate, to_partition(0, "12345"));  // "anna" and this: 9 bytes.
  gate.answered(lane);

  EXPECT_EQ(gate.next_wave(now_).size(), 2U);
  gate.handed();
  EXPECT_FALSE(gate.answered(lane));
  EXPECT_TRUE(gate.answered(lane));
  EXPECT_EQ(gate.next_wave(now_).size(), 1U);
}

TEST_F(SendGateTest, ARecordLargerThanABatchGoesAlone) {
  auto gate = this->gate({.wave_bytes_max = 1});
  SendGate::Lane& lane = send_one(gate, to_partition(0));
  hold(gate, to_partition(0));
  hold(gate, to_partition(0));
  gate.answered(lane);

  EXPECT_EQ(gate.next_wave(now_).size(), 1U);
}

TEST_F(SendGateTest, WhatWaitsTooLongGoesAnyway) {
  auto gate = this->gate({.held_max = 500ms});
  send_one(gate, to_partition(0));
  hold(gate, to_partition(0));

  EXPECT_EQ(gate.next_due(now_ + 1h), now_ + 500ms);
  EXPECT_TRUE(gate.next_wave(now_ + 499ms).empty());
  EXPECT_EQ(gate.next_wave(now_ + 500ms).size(), 1U);
}

TEST_F(SendGateTest, TheFirstRecordWaitsForOthersWhereAsked) {
  auto gate = this->gate({.linger = 5ms});
  EXPECT_FALSE(gate.passes(gate.lane_of(to_partition(0))));
  hold(gate, to_partition(0, "first"));
  hold(gate, to_partition(0, "second"));

  EXPECT_EQ(gate.next_due(now_ + 1h), now_ + 5ms);
  EXPECT_TRUE(gate.next_wave(now_ + 4ms).empty());
  EXPECT_EQ(gate.next_wave(now_ + 5ms).size(), 2U);
}

TEST_F(SendGateTest, GoesByTheKeysPartitionOnceThereIsACount) {
  auto gate = this->gate();
  const OutgoingRecord record{.topic = "lists", .key = "21", .value = "", .headers = {}};
  SendGate::Lane& unknown = gate.lane_of(record);
  unknown.topic.partition_count = 3;

  // murmur2("21") & 0x7fffffff = 1173551340 (Apache Kafka's UtilsTest: -973932308).
  const SendGate::Lane& known = gate.lane_of(record);

  EXPECT_NE(&known, &unknown);
  EXPECT_EQ(&known, &gate.lane_of(to_partition((-973932308 & 0x7fffffff) % 3)));
}

TEST_F(SendGateTest, KeysKeepTheirOrderWhenThePartitionsBecomeKnown) {
  auto gate = this->gate();
  const OutgoingRecord record{.topic = "lists", .key = "anna", .value = "", .headers = {}};
  SendGate::Lane& unknown = send_one(gate, record);
  hold(gate, record);
  unknown.topic.partition_count = 3;

  EXPECT_EQ(&gate.lane_of(record), &unknown) << "an earlier record of the key is held there";
}

TEST_F(SendGateTest, EverythingPassesWhereItIsOff) {
  auto gate = this->gate({.holds = false});
  const SendGate::Lane& lane = send_one(gate, to_partition(0));

  EXPECT_TRUE(gate.passes(lane));
}

TEST_F(SendGateTest, GivesBackAllThatIsHeldAsItEnds) {
  auto gate = this->gate();
  send_one(gate, to_partition(0));
  hold(gate, to_partition(0, "a"));
  hold(gate, to_partition(0, "b"));

  EXPECT_EQ(values(gate.give_up()), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(gate.on_their_way(), 3U) << "each is still to be answered";
}

}  // namespace
}  // namespace freshet
