#include "state/stored_rows.h"

#include <gtest/gtest.h>

#include "state_samples.h"

namespace freshet {
namespace {

DeadLetter sample_letter() {
  return {"events",
          PartitionId{7},
          Offset{1LL << 40},
          {BadRecordReason::kBadTime, "event_time: mend it"},
          "key",
          std::string("\0\xff{", 3)};
}

TEST(StoredRows, GiveBackARowOfTheOutbox) {
  const std::vector<UserId> settled{"a", std::string("\0\xff", 2)};
  const std::vector<OwedList> owed{{"user", Offset{123456789}, at_ms(1)},
                                   {"gone", Offset{-1}, at_ms(2), true}};
  const auto row = decode_outbox_row(encode_outbox_row(settled, owed));
  ASSERT_TRUE(row);
  EXPECT_EQ(row->settled, settled);
  EXPECT_EQ(row->owed, owed);
  EXPECT_EQ(decode_outbox_key(outbox_key(1ULL << 40)), 1ULL << 40);
  EXPECT_LT(outbox_key(255), outbox_key(256));
  EXPECT_FALSE(decode_outbox_key("short"));
}

TEST(StoredRows, GiveBackAForgottenUser) {
  const ForgottenUser forgotten{0xfedc'ba98'7654'3210, at_ms(1), Offset{1LL << 40}};
  const std::string row = encode_row(forgotten);
  const std::string key = forgotten_key(forgotten.user_hash);
  EXPECT_EQ(decode_forgotten_user(key, row), forgotten);
  EXPECT_FALSE(decode_forgotten_user("short", row));
  for (std::size_t size = 0; size < row.size(); ++size)
    EXPECT_FALSE(decode_forgotten_user(key, std::string_view(row).substr(0, size))) << size;
}

TEST(StoredRows, GiveBackAWatermark) {
  EventWatermark watermark;
  for (const char* user : {"a", "b", "c"}) {
    EXPECT_EQ(decode_watermark(encode_row(watermark)), watermark);
    watermark.observe(user, at_ms(1'750'000'000'000));
  }
  const std::string row = encode_row(watermark);
  EXPECT_EQ(decode_watermark(row), watermark);
  for (std::size_t size = 0; size < row.size(); ++size)
    EXPECT_FALSE(decode_watermark(std::string_view(row).substr(0, size))) << size;
  const EventWatermark unsorted({{1, at_ms(1)}, {2, at_ms(2)}});
  EXPECT_FALSE(decode_watermark(encode_row(unsorted)));
  const EventWatermark too_many({{1, at_ms(4)}, {2, at_ms(3)}, {3, at_ms(2)}, {4, at_ms(1)}});
  EXPECT_FALSE(decode_watermark(encode_row(too_many)));
}

TEST(StoredRows, GiveBackADeadLetter) {
  const DeadLetter letter = sample_letter();
  const auto decoded = decode_dead_letter(encode_row(letter));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->topic, letter.topic);
  EXPECT_EQ(decoded->partition, letter.partition);
  EXPECT_EQ(decoded->offset, letter.offset);
  EXPECT_EQ(decoded->why.reason, letter.why.reason);
  EXPECT_EQ(decoded->why.text, letter.why.text);
  EXPECT_EQ(decoded->key, letter.key);
  EXPECT_EQ(decoded->value, letter.value);
}

TEST(StoredRows, AreRefusedWhenCutAtAnyLength) {
  const std::string letter = encode_row(sample_letter());
  for (std::size_t size = 0; size < letter.size(); ++size) {
    const auto decoded = decode_dead_letter(std::string_view(letter).substr(0, size));
    ASSERT_FALSE(decoded) << size;
    EXPECT_EQ(decoded.error().code, ErrorCode::kCorrupt);
  }
  const std::vector<UserId> settled{"u"};
  const std::vector<OwedList> owed{{"u", Offset{300}, at_ms(0)}};
  const std::string row = encode_outbox_row(settled, owed);
  for (std::size_t size = 0; size < row.size(); ++size) {
    EXPECT_FALSE(decode_outbox_row(std::string_view(row).substr(0, size))) << size;
  }
}

TEST(StoredRows, KeepDeadLettersInTheOrderOfTheirOffsets) {
  EXPECT_LT(dead_letter_key(Offset{255}), dead_letter_key(Offset{256}));
  EXPECT_LT(dead_letter_key(Offset{1}), dead_letter_key(Offset{1LL << 40}));
}

}  // namespace
}  // namespace freshet
