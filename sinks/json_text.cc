#include "sinks/json_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace freshet {

namespace {

bool is_continuation(unsigned char byte) { return (byte & 0xC0) == 0x80; }

/// Length of the valid UTF-8 sequence at `text`'s begin, 0 = none (Unicode 15, table 3-7).
std::size_t sequence_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = at(0);
  if (first < 0x80) return 1;
  std::size_t length = 0;
  if (first >= 0xC2 && first <= 0xDF) length = 2;
  if (first >= 0xE0 && first <= 0xEF) length = 3;
  if (first >= 0xF0 && first <= 0xF4) length = 4;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(at(i))) return 0;
  }
  const unsigned char second = at(1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second > 0x9F;
  const bool beyond_unicode = first == 0xF4 && second > 0x8F;
  return overlong || surrogate || beyond_unicode ? 0 : length;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

template <class Number>
void put_shortest(JsonWriter& writer, Number number) {
  if (!std::isfinite(number)) {
    writer.Null();
    return;
  }
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  writer.RawValue(digits.data(), static_cast<std::size_t>(end - digits.data()),
                  rapidjson::kNumberType);
}

}  // namespace

std::string text_of(const rapidjson::StringBuffer& buffer) {
  return std::string(buffer.GetString(), buffer.GetSize());
}

std::string valid_utf8(std::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) valid += "\xEF\xBF\xBD";
    valid.append(text.substr(0, length));
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return valid;
}

void put_key(JsonWriter& writer, std::string_view name) {
  writer.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
}

void put_text_key(JsonWriter& writer, std::string_view name) {
  const std::string valid = valid_utf8(name);
  writer.Key(valid.data(), static_cast<rapidjson::SizeType>(valid.size()));
}

void put_text(JsonWriter& writer, std::string_view text) {
  if (is_ascii(text)) {
    // An empty view may have no address, which RapidJSON asserts on.
    writer.String(text.empty() ? "" : text.data(), static_cast<rapidjson::SizeType>(text.size()));
    return;
  }
  const std::string valid = valid_utf8(text);
  writer.String(valid.data(), static_cast<rapidjson::SizeType>(valid.size()));
}

void put_number(JsonWriter& writer, float number) { put_shortest(writer, number); }
void put_number(JsonWriter& writer, double number) { put_shortest(writer, number); }

void put_count(JsonWriter& writer, std::optional<std::uint64_t> count) {
  if (!count) {
    writer.Null();
    return;
  }
  writer.Uint64(*count);
}

void put_text_or_null(JsonWriter& writer, std::string_view text) {
  if (text.empty()) {
    writer.Null();
  } else {
    put_text(writer, text);
  }
}

}  // namespace freshet
