#include "scoring/network/conditions.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <chrono>

namespace freshet {

ConditionRow task_row(std::uint8_t action) {
  return static_cast<ConditionRow>(std::min<std::size_t>(action, kTaskRows - 1));
}

ConditionRow hour_row(EventTime time) {
  const auto midnight = std::chrono::floor<std::chrono::days>(time);
  const auto hour = std::chrono::floor<std::chrono::hours>(time - midnight).count();
  return static_cast<ConditionRow>(kHoursBegin + static_cast<std::size_t>(hour));
}

ConditionRow weekday_row(EventTime time) {
  // 1970-01-01 was a Thursday, the fourth day.
  const auto day = std::chrono::floor<std::chrono::days>(time).time_since_epoch().count();
  const auto from_monday = ((day + 3) % 7 + 7) % 7;
  return static_cast<ConditionRow>(kWeekdaysBegin + static_cast<std::size_t>(from_monday));
}

ConditionRow value_row(std::size_t key, std::string_view value) {
  const std::uint64_t hash = XXH3_64bits_withSeed(value.data(), value.size(), key);
  return static_cast<ConditionRow>(kValuesBegin + hash % kValueRows);
}

}  // namespace freshet
