#pragma once

#include <string>
#include <tl/expected.hpp>

#include "config/time.h"
#include "ingest/scalar.h"

namespace freshet {

/// Reads event times in the one format that the configuration names. Immutable after construction.
class TimeReader {
 public:
  /// `format`: EventMapping::time_format.
  explicit TimeReader(std::string format);

  /// Returns the time, in 2000-01-01 .. 2100-01-01, or what is wrong with it and how to mend it.
  tl::expected<EventTime, std::string> read(const Scalar& scalar) const;

 private:
  tl::expected<EventTime, std::string> read_number(double number) const;
  tl::expected<EventTime, std::string> read_text(std::string_view text) const;

  std::string format_;
  double per_second_ = 1000;  // Units of a number in one second.
  bool numbers_ = true;       // Numbers are epoch times.
  std::string text_format_;   // Abseil's format of texts; empty = numbers only.
};

/// Spells a time as RFC 3339 with milliseconds, UTC.
std::string to_rfc3339(EventTime time);

/// Returns the time for people, in UTC and whole seconds: "2026-09-01 08:00:00".
std::string to_utc_text(EventTime time);

}  // namespace freshet
