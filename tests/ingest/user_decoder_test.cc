#include "ingest/user_decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace freshet {
namespace {

using testing::HasSubstr;

constexpr EventTime kTime{std::chrono::milliseconds{1'750'000'000'000}};

class UserDecoderTest : public testing::Test {
 protected:
  static Record record(std::string_view key, std::optional<std::string_view> value) {
    return {PartitionId{0}, Offset{7}, kTime, key, value, {}};
  }
  UserUpdate decode(std::string_view value) {
    auto update = decoder_.decode(record("u", value));
    EXPECT_TRUE(update) << update.error().text;
    return update.value_or(UserUpdate{});
  }
  BadRecord refuse(const Record& record) {
    const auto update = decoder_.decode(record);
    EXPECT_FALSE(update);
    return update ? BadRecord{} : update.error();
  }

  UserDecoder decoder_{IngestConfig{}};
};

TEST_F(UserDecoderTest, ReadsWhatAUserAgreedTo) {
  EXPECT_EQ(decode(R"({"personalise":false,"learn":true})"), (UserUpdate{"u", {false, true}, {}}));
  EXPECT_EQ(decode(R"({"learn":false})"), (UserUpdate{"u", {true, false}, {}}));
  EXPECT_EQ(decode(R"({})"), (UserUpdate{"u", {}, {}})) << "the default is to agree";
  EXPECT_EQ(decode(R"({"learn":null})"), (UserUpdate{"u", {}, {}}));
}

TEST_F(UserDecoderTest, ForgetsByATombstoneAsOfTheLogsTime) {
  EXPECT_EQ(decoder_.decode(record("u", std::nullopt)), (UserUpdate{"u", {}, kTime}));
}

TEST_F(UserDecoderTest, RefusesATombstoneWithoutATime) {
  Record untimed = record("u", std::nullopt);
  untimed.timestamp.reset();
  EXPECT_EQ(refuse(untimed).reason, BadRecordReason::kBadTime);
}

TEST_F(UserDecoderTest, RefusesKeysThatNobodyKnows) {
  const BadRecord why = refuse(record("u", R"({"personalize":false})"));
  EXPECT_EQ(why.reason, BadRecordReason::kBadValue);
  EXPECT_THAT(why.text, HasSubstr("personalize"));
  EXPECT_THAT(why.text, HasSubstr("send personalise and learn"));
}

TEST_F(UserDecoderTest, GuessesNoConsent) {
  for (const char* value : {R"({"learn":"false"})", R"({"learn":0})", R"({"personalise":[]})"})
    EXPECT_EQ(refuse(record("u", value)).reason, BadRecordReason::kWrongType) << value;
  EXPECT_EQ(refuse(record("u", "no JSON")).reason, BadRecordReason::kMalformed);
  EXPECT_EQ(refuse(record("u", "[]")).reason, BadRecordReason::kMalformed);
}

TEST_F(UserDecoderTest, WantsAUserAsItsKey) {
  EXPECT_EQ(refuse(record("", "{}")).reason, BadRecordReason::kMissingField);
  EXPECT_EQ(refuse(record("\xff", "{}")).reason, BadRecordReason::kInvalidUtf8);
  EXPECT_EQ(refuse(record(std::string(10'000, 'x'), std::nullopt)).reason,
            BadRecordReason::kBadValue);
  EXPECT_EQ(refuse(record("u", std::string(2 << 20, ' '))).reason, BadRecordReason::kTooLarge);
}

}  // namespace
}  // namespace freshet
