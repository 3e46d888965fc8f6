#include "ingest/scalar.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace freshet {
namespace {

// Doubles above this no longer tell neighbouring integers apart, so they are no ids.
constexpr double kExactIntegerMax = 9007199254740992.0;

}  // namespace

std::optional<std::string> as_text(const Scalar& scalar) {
  switch (scalar.kind) {
    case Scalar::Kind::kText:
      return std::string(scalar.text);
    case Scalar::Kind::kInteger:
      return fmt::format_int(scalar.integer).str();
    case Scalar::Kind::kUnsigned:
      return fmt::format_int(scalar.unsigned_integer).str();
    case Scalar::Kind::kBool:
      return std::string(scalar.boolean ? "true" : "false");
    case Scalar::Kind::kReal:
      // 17850.0 is what data-frame tools make of the id 17850 when a column has gaps.
      if (std::abs(scalar.real) > kExactIntegerMax) return std::nullopt;
      if (scalar.real != std::floor(scalar.real)) return std::nullopt;
      return fmt::format_int(static_cast<std::int64_t>(scalar.real)).str();
    case Scalar::Kind::kAbsent:
    case Scalar::Kind::kNested:
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<double> as_number(const Scalar& scalar) {
  switch (scalar.kind) {
    case Scalar::Kind::kInteger:
      return static_cast<double>(scalar.integer);
    case Scalar::Kind::kUnsigned:
      return static_cast<double>(scalar.unsigned_integer);
    case Scalar::Kind::kReal:
      return scalar.real;
    case Scalar::Kind::kText: {
      double number = 0;
      const char* end = scalar.text.data() + scalar.text.size();
      const auto [stop, trouble] = std::from_chars(scalar.text.data(), end, number);
      if (trouble != std::errc{} || stop != end || !std::isfinite(number)) return std::nullopt;
      return number;
    }
    default:
      return std::nullopt;
  }
}

std::optional<bool> as_bool(const Scalar& scalar) {
  if (scalar.kind == Scalar::Kind::kBool) return scalar.boolean;
  if (scalar.kind == Scalar::Kind::kText) {
    if (scalar.text == "true" || scalar.text == "1") return true;
    if (scalar.text == "false" || scalar.text == "0") return false;
    return std::nullopt;
  }
  if (scalar.kind == Scalar::Kind::kInteger && scalar.integer == 1) return true;
  if (scalar.kind == Scalar::Kind::kInteger && scalar.integer == 0) return false;
  return std::nullopt;
}

std::string shortened(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return std::string(text);
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "...";
}

std::string describe(const Scalar& scalar) {
  switch (scalar.kind) {
    case Scalar::Kind::kText:
      return '"' + shortened(scalar.text) + '"';
    case Scalar::Kind::kInteger:
      return fmt::format("{}", scalar.integer);
    case Scalar::Kind::kUnsigned:
      return fmt::format("{}", scalar.unsigned_integer);
    case Scalar::Kind::kReal:
      return fmt::format("{}", scalar.real);
    case Scalar::Kind::kBool:
      return scalar.boolean ? "true" : "false";
    case Scalar::Kind::kNested:
      return "an array or object";
    case Scalar::Kind::kAbsent:
      return "nothing";
  }
  return "nothing";
}

}  // namespace freshet
