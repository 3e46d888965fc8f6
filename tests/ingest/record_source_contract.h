#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ingest/record_source.h"

namespace freshet {

/// A kind of RecordSource: makes one that holds exactly `values`, in partition 0 from offset 0, and
/// then ends.
struct SourceKind {
  const char* name;
  std::function<std::unique_ptr<RecordSource>(const std::vector<std::string>& values)> make;
};
inline void PrintTo(const SourceKind& kind, std::ostream* out) { *out << kind.name; }

/// What every RecordSource promises.
class RecordSourceContract : public testing::TestWithParam<SourceKind> {
 protected:
  static std::vector<std::string> values(int count) {
    std::vector<std::string> values;
    for (int i = 0; i < count; ++i) values.push_back("value " + std::to_string(i));
    return values;
  }
};

TEST_P(RecordSourceContract, DeliversAllInOrderWithRisingOffsets) {
  const auto expected = values(1000);
  const auto source = GetParam().make(expected);

  std::vector<std::string> got;
  Offset next{0};
  while (!source->exhausted()) {
    const auto polled = source->poll(7, std::chrono::milliseconds{0});
    ASSERT_TRUE(polled) << polled.error().text;
    for (const Record& record : *polled) {
      EXPECT_EQ(record.partition, PartitionId{0});
      EXPECT_GE(record.offset, next);
      next = Offset{record.offset.value + 1};
      got.emplace_back(record.value.value());
    }
  }

  EXPECT_EQ(got, expected);
}

TEST_P(RecordSourceContract, NeverReturnsMoreThanAsked) {
  const auto source = GetParam().make(values(20));

  for (const std::size_t max : {std::size_t{1}, std::size_t{5}, std::size_t{100}}) {
    const auto polled = source->poll(max, std::chrono::milliseconds{0});
    ASSERT_TRUE(polled);
    EXPECT_LE(polled->size(), max);
    EXPECT_FALSE(polled->empty());
  }
}

TEST_P(RecordSourceContract, LosesNothingWhenAskedForNothing) {
  const auto source = GetParam().make(values(1));

  const auto nothing = source->poll(0, std::chrono::milliseconds{0});
  ASSERT_TRUE(nothing);
  EXPECT_TRUE(nothing->empty());
  const auto polled = source->poll(10, std::chrono::milliseconds{0});
  ASSERT_TRUE(polled);
  EXPECT_EQ(polled->size(), 1u);
}

TEST_P(RecordSourceContract, StaysQuietOnceExhausted) {
  const auto source = GetParam().make(values(2));
  while (!source->exhausted()) ASSERT_TRUE(source->poll(10, std::chrono::milliseconds{0}));

  const auto polled = source->poll(10, std::chrono::milliseconds{0});

  ASSERT_TRUE(polled);
  EXPECT_TRUE(polled->empty());
}

TEST_P(RecordSourceContract, HasWatermarksAroundWhatItDelivered) {
  const auto source = GetParam().make(values(10));

  const auto polled = source->poll(4, std::chrono::milliseconds{0});

  ASSERT_TRUE(polled);
  EXPECT_LE(source->watermarks().low, polled->front().offset);
  EXPECT_GT(source->watermarks().high, polled->back().offset);
}

}  // namespace freshet
