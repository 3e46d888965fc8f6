#include "ingest/time_reader.h"

#include <absl/time/time.h>
#include <fmt/format.h>

#include <array>
#include <cmath>

namespace freshet {
namespace {

using std::chrono::January;
using std::chrono::sys_days;
using std::chrono::year;

constexpr EventTime kEarliest = sys_days{year{2000} / January / 1};
constexpr EventTime kLatest = sys_days{year{2100} / January / 1};

struct Unit {
  const char* setting;
  const char* name;
  double per_second;
};
constexpr std::array kUnits{Unit{"s", "seconds", 1}, Unit{"ms", "milliseconds", 1e3},
                            Unit{"us", "microseconds", 1e6}, Unit{"ns", "nanoseconds", 1e9}};

// Divided, not multiplied by a fraction: a whole millisecond given in us must come out whole.
double to_epoch_ms(double number, double per_second) {
  return per_second >= 1000 ? number / (per_second / 1000) : number * (1000 / per_second);
}

bool is_sane(double epoch_ms) {
  return epoch_ms >= static_cast<double>(kEarliest.time_since_epoch().count()) &&
         epoch_ms < static_cast<double>(kLatest.time_since_epoch().count());
}

std::string wrong_unit(double number, double per_second) {
  for (const Unit& unit : kUnits) {
    if (unit.per_second != per_second && is_sane(to_epoch_ms(number, unit.per_second))) {
      return fmt::format("looks like {}: set ingest.mapping.time_format to \"{}\"", unit.name,
                         unit.setting);
    }
  }
  return "lies outside 2000-01-01 .. 2100-01-01 in any unit: send the time of the event";
}

tl::expected<EventTime, std::string> in_range(EventTime time) {
  if (time >= kEarliest && time < kLatest) return time;
  return tl::unexpected(
      std::string("lies outside 2000-01-01 .. 2100-01-01: mend the sender's "
                  "clock or ingest.mapping.time_format"));
}

}  // namespace

TimeReader::TimeReader(std::string format) : format_(std::move(format)) {
  for (const Unit& unit : kUnits) {
    if (format_ == unit.setting) per_second_ = unit.per_second;
  }
  if (format_ == "auto") {
    text_format_ = absl::RFC3339_full;
  } else if (format_.find('%') != std::string::npos) {
    numbers_ = false;
    text_format_ = format_;
  }
}

tl::expected<EventTime, std::string> TimeReader::read(const Scalar& scalar) const {
  if (numbers_) {
    if (const auto number = as_number(scalar)) return read_number(*number);
  }
  if (!text_format_.empty()) {
    if (scalar.kind == Scalar::Kind::kText) return read_text(scalar.text);
    // "%Y%m%d" may well arrive as the number 20240131.
    if (const auto text = as_text(scalar); text && !numbers_) return read_text(*text);
  }
  return tl::unexpected(
      std::string("is no time: send RFC 3339 text or epoch milliseconds, or set "
                  "ingest.mapping.time_format"));
}

tl::expected<EventTime, std::string> TimeReader::read_number(double number) const {
  const double epoch_ms = to_epoch_ms(number, per_second_);
  if (!is_sane(epoch_ms)) return tl::unexpected(wrong_unit(number, per_second_));
  return EventTime{std::chrono::milliseconds{static_cast<std::int64_t>(std::floor(epoch_ms))}};
}

tl::expected<EventTime, std::string> TimeReader::read_text(std::string_view text) const {
  absl::Time time;
  const absl::string_view view(text.data(), text.size());
  if (absl::ParseTime(text_format_, view, &time, nullptr)) {
    return in_range(EventTime{std::chrono::milliseconds{absl::ToUnixMillis(time)}});
  }
  if (!numbers_) {
    return tl::unexpected(
        fmt::format("does not follow ingest.mapping.time_format \"{}\": mend either", format_));
  }
  if (absl::ParseTime("%Y-%m-%d%ET%H:%M:%E*S", view, &time, nullptr)) {
    return tl::unexpected(
        std::string("has no time zone: add Z, or set ingest.mapping.time_format to "
                    "\"%Y-%m-%dT%H:%M:%E*S\" (read as UTC)"));
  }
  return tl::unexpected(
      std::string("is no RFC 3339 time such as 2024-01-31T12:00:00Z: send that, "
                  "or set ingest.mapping.time_format"));
}

std::string to_rfc3339(EventTime time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ",
                          absl::FromUnixMillis(time.time_since_epoch().count()),
                          absl::UTCTimeZone());
}

std::string to_utc_text(EventTime time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S",
                          absl::FromUnixMillis(time.time_since_epoch().count()),
                          absl::UTCTimeZone());
}

}  // namespace freshet
