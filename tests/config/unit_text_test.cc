#include "config/unit_text.h"

#include <gmock/gmock.h>

#include <limits>

namespace freshet {
namespace {

using std::chrono::microseconds;
using testing::HasSubstr;

TEST(DurationText, ReadsEveryUnit) {
  EXPECT_EQ(parse_duration("5us"), microseconds{5});
  EXPECT_EQ(parse_duration("250ms"), microseconds{250'000});
  EXPECT_EQ(parse_duration("10s"), microseconds{10'000'000});
  EXPECT_EQ(parse_duration("30m"), std::chrono::minutes{30});
  EXPECT_EQ(parse_duration("2 h"), std::chrono::hours{2});
  EXPECT_EQ(parse_duration("1d"), std::chrono::hours{24});
  EXPECT_EQ(parse_duration("0"), microseconds{0});
}

TEST(DurationText, RefusesWhatIsNoDuration) {
  EXPECT_THAT(parse_duration("10").error(), HasSubstr("has no unit"));
  EXPECT_THAT(parse_duration("10 parsecs").error(), HasSubstr("not known"));
  EXPECT_THAT(parse_duration("soon").error(), HasSubstr("is no duration"));
  EXPECT_THAT(parse_duration("-1s").error(), HasSubstr("is no duration"));
  EXPECT_THAT(parse_duration("1.5s").error(), HasSubstr("not known"));
  EXPECT_THAT(parse_duration("9223372036854775807d").error(), HasSubstr("too long"));
  EXPECT_THAT(parse_duration("").error(), HasSubstr("is no duration"));
}

TEST(DurationText, IsSpeltInTheLargestWholeUnit) {
  EXPECT_EQ(format_duration(std::chrono::minutes{90}), "90m");
  EXPECT_EQ(format_duration(std::chrono::hours{48}), "2d");
  EXPECT_EQ(format_duration(microseconds{1'001}), "1001us");
  EXPECT_EQ(format_duration(microseconds{0}), "0s");
}

TEST(SizeText, ReadsBinaryAndDecimalUnits) {
  EXPECT_EQ(parse_bytes("64MiB"), 64u << 20);
  EXPECT_EQ(parse_bytes("1 GiB"), 1u << 30);
  EXPECT_EQ(parse_bytes("500kB"), 500'000u);
  EXPECT_EQ(parse_bytes("12B"), 12u);
  EXPECT_EQ(parse_bytes("4096"), 4096u);
}

TEST(SizeText, RefusesWhatIsNoSize) {
  EXPECT_THAT(parse_bytes("64 megs").error(), HasSubstr("not known"));
  EXPECT_THAT(parse_bytes("much").error(), HasSubstr("is no size"));
  EXPECT_THAT(parse_bytes("9223372036854775807KiB").error(), HasSubstr("too large"));
  EXPECT_THAT(parse_bytes("99999999999999999999").error(), HasSubstr("is no size"));
}

TEST(SizeText, IsSpeltInTheLargestWholeUnit) {
  EXPECT_EQ(format_bytes(256u << 20), "256MiB");
  EXPECT_EQ(format_bytes(1000), "1000");
  EXPECT_EQ(format_bytes(0), "0");
}

TEST(NumberText, ReadsBackAsTheSameNumber) {
  for (const double number : {0.1, 1.0 / 3, 1e18, 100'000.0, 1e-9, -2.5}) {
    EXPECT_EQ(std::stod(format_number(number)), number);
  }
  EXPECT_EQ(format_number(100'000), "100000");
}

}  // namespace
}  // namespace freshet
