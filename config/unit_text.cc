#include "config/unit_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>
#include <optional>
#include <span>
#include <system_error>

namespace freshet {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t size;
};

// Smallest first: formatting takes the last that divides.
constexpr std::array kDurations{Unit{"us", 1},           Unit{"ms", 1'000},
                                Unit{"s", 1'000'000},    Unit{"m", 60'000'000},
                                Unit{"h", 3600'000'000}, Unit{"d", 86'400'000'000}};
constexpr std::array kBinarySizes{Unit{"", 1}, Unit{"KiB", 1ull << 10}, Unit{"MiB", 1ull << 20},
                                  Unit{"GiB", 1ull << 30}, Unit{"TiB", 1ull << 40}};
constexpr std::array kOtherSizes{Unit{"B", 1}, Unit{"kB", 1'000}, Unit{"MB", 1'000'000},
                                 Unit{"GB", 1'000'000'000}};

struct Amount {
  std::uint64_t number;
  std::string_view unit;
};

/// Cuts "64 MiB" into 64 and "MiB"; empty when it does not start with a whole number.
std::optional<Amount> cut(std::string_view text) {
  Amount amount{};
  const auto [end, trouble] =
      std::from_chars(text.data(), text.data() + text.size(), amount.number);
  if (trouble != std::errc{}) return std::nullopt;
  amount.unit = text.substr(static_cast<std::size_t>(end - text.data()));
  while (amount.unit.starts_with(' ')) amount.unit.remove_prefix(1);
  return amount;
}

std::optional<std::uint64_t> size_of(std::string_view unit, std::span<const Unit> units) {
  for (const Unit& known : units) {
    if (known.name == unit) return known.size;
  }
  return std::nullopt;
}

bool fits(std::uint64_t number, std::uint64_t size) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();
  return number <= kMax / size;
}

std::string format(std::uint64_t amount, std::span<const Unit> units) {
  const Unit* unit = &units.front();
  for (const Unit& larger : units) {
    if (amount != 0 && amount % larger.size == 0) unit = &larger;
  }
  return std::to_string(amount / unit->size) + std::string(unit->name);
}

}  // namespace

tl::expected<std::chrono::microseconds, std::string> parse_duration(std::string_view text) {
  const auto amount = cut(text);
  const std::string remedy =
      "write a whole number and its unit (us, ms, s, m, h, d), such as 250ms";
  if (!amount) return tl::unexpected("is no duration: " + remedy);
  if (amount->unit.empty() && amount->number == 0) return std::chrono::microseconds{0};
  if (amount->unit.empty()) return tl::unexpected("has no unit: " + remedy);
  const auto size = size_of(amount->unit, kDurations);
  if (!size) return tl::unexpected("has a unit that is not known: " + remedy);
  if (!fits(amount->number, *size)) return tl::unexpected(std::string("is too long: shorten it"));
  return std::chrono::microseconds{static_cast<std::int64_t>(amount->number * *size)};
}

std::string format_duration(std::chrono::microseconds duration) {
  if (duration.count() == 0) return "0s";
  return format(static_cast<std::uint64_t>(duration.count()), kDurations);
}

tl::expected<std::uint64_t, std::string> parse_bytes(std::string_view text) {
  const auto amount = cut(text);
  const std::string remedy = "write whole bytes, or a unit such as KiB, MiB, GiB: 64MiB";
  if (!amount) return tl::unexpected("is no size: " + remedy);
  auto size = size_of(amount->unit, kBinarySizes);
  if (!size) size = size_of(amount->unit, kOtherSizes);
  if (!size) return tl::unexpected("has a unit that is not known: " + remedy);
  if (!fits(amount->number, *size)) return tl::unexpected(std::string("is too large: shrink it"));
  return amount->number * *size;
}

std::string format_bytes(std::uint64_t bytes) { return format(bytes, kBinarySizes); }

tl::expected<EventTime, std::string> parse_time(std::string_view text) {
  constexpr const char* kShape = "is no time: write 2026-09-01 or 2026-09-01T08:00:00Z, both UTC";
  constexpr std::string_view kDate = "0000-00-00";
  constexpr std::string_view kTime = "0000-00-00T00:00:00Z";
  const std::string_view shape = text.size() == kDate.size() ? kDate : kTime;
  if (text.size() != shape.size()) return tl::unexpected(kShape);
  std::array<int, 6> parts{};  // Year, month, day, hour, minute, second.
  std::size_t part = 0;
  for (std::size_t k = 0; k < shape.size(); ++k) {
    const bool digit = text[k] >= '0' && text[k] <= '9';
    if (shape[k] == '0' ? !digit : text[k] != shape[k]) return tl::unexpected(kShape);
    if (digit) parts[part] = 10 * parts[part] + (text[k] - '0');
    if (!digit) ++part;
  }
  const std::chrono::year_month_day date{std::chrono::year(parts[0]),
                                         std::chrono::month(static_cast<unsigned>(parts[1])),
                                         std::chrono::day(static_cast<unsigned>(parts[2]))};
  if (!date.ok() || parts[3] > 23 || parts[4] > 59 || parts[5] > 59) return tl::unexpected(kShape);
  return std::chrono::sys_days(date) + std::chrono::hours(parts[3]) +
         std::chrono::minutes(parts[4]) + std::chrono::seconds(parts[5]);
}

std::string format_time(EventTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", int{date.year()},
                unsigned{date.month()}, unsigned{date.day()}, int(clock.hours().count()),
                int(clock.minutes().count()), int(clock.seconds().count()));
  return text.data();
}

std::string quoted(const std::string& text) {
  constexpr std::size_t kShown = 60;
  return '"' + (text.size() <= kShown ? text : text.substr(0, kShown) + "...") + '"';
}

std::string format_number(double number) {
  constexpr double kWholeMax = 1e15;  // Exact as a double, and longer is hard to read.
  if (std::abs(number) < kWholeMax && number == std::trunc(number)) {
    return std::to_string(static_cast<std::int64_t>(number));
  }
  std::array<char, 32> text{};
  const auto [end, trouble] = std::to_chars(text.data(), text.data() + text.size(), number);
  return {text.data(), end};
}

}  // namespace freshet
