#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "config/time.h"

namespace freshet {

/// Numbers with units as they stand in a configuration. Errors are texts for people: what is wrong
/// and the remedy. All thread-safe.

/// Reads "30m", "250ms", "10s", "5us", "2h", "1d", or 0; whole numbers only.
tl::expected<std::chrono::microseconds, std::string> parse_duration(std::string_view text);

/// Spells a duration in the largest unit that keeps it whole.
std::string format_duration(std::chrono::microseconds duration);

/// Reads "64MiB", "1GiB", "500kB", or plain bytes.
tl::expected<std::uint64_t, std::string> parse_bytes(std::string_view text);

/// Spells a size in the largest binary unit that keeps it whole.
std::string format_bytes(std::uint64_t bytes);

/// Reads "2026-09-01" or "2026-09-01T08:00:00Z", both UTC.
tl::expected<EventTime, std::string> parse_time(std::string_view text);

/// Spells a time of whole seconds so that it reads back as the same one.
std::string format_time(EventTime time);

/// Quotes a value for an error text, cut when it is long.
std::string quoted(const std::string& text);

/// Spells a number so that it reads back as the same one.
std::string format_number(double number);

}  // namespace freshet
