#include "state/user_state_codec.h"

#include <gtest/gtest.h>

#include <random>

#include "state_samples.h"

namespace freshet {
namespace {

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    text += kDigits[static_cast<unsigned char>(byte) >> 4];
    text += kDigits[static_cast<unsigned char>(byte) & 15];
  }
  return text;
}

UserState golden_state() {
  UserState state;
  state.history = {{ItemId{0x1122334455667788}, Action::kCart, true, false, at_ms(-1500)},
                   {ItemId{2}, Action::kPurchase, false, true, at_ms(-90'000'000)}};
  state.bought = {{ItemId{2}, at_ms(0), 300}};
  state.shown = {{ItemId{3}, at_ms(-1), 1}};
  state.disliked = {ItemId{4}};
  state.recent_event_ids = {5, 0xffffffffffffffff};
  state.action_counts = {1, 2, 3, 400, 5, 6};
  state.context = {"phone", ""};
  state.session = "s1";
  state.newest_event_time = at_ms(0);
  state.rate_window_start = at_ms(-30'000);
  state.rate_window_count = 9;
  state.bot = true;
  state.session_count = 2;
  return state;
}

TEST(UserStateCodec, GivesTheBytesThatStandInDatabases) {
  // Frozen: if this fails, the format changed; raise its version and keep reading the old one.
  EXPECT_EQ(hex(encode(golden_state())),
            "010180d08fa59863e0d403090202"
            "7331"
            "0601020390030506"
            "020570686f6e6500"
            "02"
            "887766554433221112b817"
            "02000000000000002380aaea55"
            "01"
            "020000000000000000ac02"
            "01"
            "03000000000000000201"
            "01"
            "0400000000000000"
            "02"
            "0500000000000000"
            "ffffffffffffffff");
}

TEST(UserStateCodec, ReadsBackWhatItWrote) {
  EXPECT_EQ(decode_user_state(encode(UserState{})), UserState{});
  EXPECT_EQ(decode_user_state(encode(golden_state())), golden_state());
  std::mt19937_64 random(printed_seed());
  for (int i = 0; i < 1000; ++i) {
    const UserState state = random_state(random);
    const auto decoded = decode_user_state(encode(state));
    ASSERT_TRUE(decoded) << decoded.error().text;
    ASSERT_EQ(*decoded, state);
    ASSERT_EQ(newest_event_time_of(encode(state)), state.newest_event_time);
  }
}

TEST(UserStateCodec, RefusesAHeadThatIsCut) {
  const std::string bytes = encode(golden_state());
  for (std::size_t size = 0; size < 3; ++size)
    EXPECT_FALSE(newest_event_time_of(std::string_view(bytes).substr(0, size))) << size;
  EXPECT_FALSE(newest_event_time_of("?" + bytes));
}

TEST(UserStateCodec, RefusesBytesCutAtAnyLength) {
  std::mt19937_64 random(printed_seed());
  for (int i = 0; i < 20; ++i) {
    const std::string bytes = encode(random_state(random));
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const auto decoded = decode_user_state(std::string_view(bytes).substr(0, size));
      ASSERT_FALSE(decoded) << "cut to " << size << " of " << bytes.size();
      EXPECT_EQ(decoded.error().code, ErrorCode::kCorrupt);
    }
    EXPECT_FALSE(decode_user_state(bytes + '\0'));
  }
}

TEST(UserStateCodec, SurvivesBytesThatNobodyWrote) {
  std::mt19937_64 random(printed_seed());
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = encode(random_state(random));
    const std::size_t changes = 1 + random() % 4;
    for (std::size_t n = 0; n < changes; ++n) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    const auto decoded = decode_user_state(bytes);
    if (!decoded) {
      EXPECT_EQ(decoded.error().code, ErrorCode::kCorrupt);
      continue;
    }
    for (const HistoryEntry& entry : decoded->history) {
      EXPECT_LT(static_cast<std::size_t>(entry.action), kActionCount);
    }
    EXPECT_EQ(decode_user_state(encode(*decoded)), *decoded);
  }
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes(random() % 64, '\1');
    for (char& byte : bytes) byte = static_cast<char>(random());
    if (!bytes.empty()) bytes[0] = 1;
    if (const auto decoded = decode_user_state(bytes); !decoded) {
      EXPECT_EQ(decoded.error().code, ErrorCode::kCorrupt);
    }
  }
}

TEST(UserStateCodec, RefusesAnUnknownVersion) {
  std::string bytes = encode(UserState{});
  bytes[0] = 2;
  const auto decoded = decode_user_state(bytes);
  ASSERT_FALSE(decoded);
  EXPECT_NE(decoded.error().text.find("version 2"), std::string::npos);
}

}  // namespace
}  // namespace freshet
