#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "config/time.h"
#include "scoring/network/network.h"

namespace freshet {

/// The condition table: what the network knows of the moment besides the history. A row's vector is
/// added to the newest step, so it changes what is attended to, and the query. Rows start at zero
/// and what is not known has none: a stream without conditions is read as if there were no table.
///
///   tasks     the action that is asked for; clicks have no row, they are what the others are
///             compared with
///   hours     of the day, UTC, of the newest step
///   weekdays  Monday first, UTC, of the newest step
///   values    of declared context keys: (key, value) hashed into a bounded number of rows
///   (Weinberger
///             et al., ICML 2009)
inline constexpr std::size_t kTaskRows = 16;
inline constexpr std::size_t kHourRows = 24;
inline constexpr std::size_t kWeekdayRows = 7;
inline constexpr std::size_t kValueRows = 1'024;

inline constexpr std::size_t kHoursBegin = kTaskRows;
inline constexpr std::size_t kWeekdaysBegin = kHoursBegin + kHourRows;
inline constexpr std::size_t kValuesBegin = kWeekdaysBegin + kWeekdayRows;
inline constexpr std::size_t kConditionRows = kValuesBegin + kValueRows;

/// The row of an action (its value) that is asked for; larger values share the last one.
ConditionRow task_row(std::uint8_t action);

ConditionRow hour_row(EventTime time);
ConditionRow weekday_row(EventTime time);

/// The row of a value of the `key`-th declared context key.
ConditionRow value_row(std::size_t key, std::string_view value);

}  // namespace freshet
