#pragma once

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace freshet {

/// Writer of compact JSON into memory.
using JsonWriter = rapidjson::Writer<rapidjson::StringBuffer>;

/// Returns what was written into `buffer`.
std::string text_of(const rapidjson::StringBuffer& buffer);

/// Returns `text` with every byte that is not part of valid UTF-8 replaced by U+FFFD.
std::string valid_utf8(std::string_view text);

/// Writes a key whose name is plain ASCII.
void put_key(JsonWriter& writer, std::string_view name);

/// Writes a key of any bytes, as put_text.
void put_text_key(JsonWriter& writer, std::string_view name);

/// Writes any bytes as a string; what is not UTF-8 is replaced, so the document stays valid JSON.
void put_text(JsonWriter& writer, std::string_view text);

/// Writes the shortest decimal that reads back as the same float; null when it is not finite.
void put_number(JsonWriter& writer, float number);

/// As above, for double.
void put_number(JsonWriter& writer, double number);

/// As above; null when there is none.
template <class Number>
void put_number(JsonWriter& writer, const std::optional<Number>& number) {
  if (number) {
    put_number(writer, *number);
  } else {
    writer.Null();
  }
}

/// Writes a count or a rank; null when there is none.
void put_count(JsonWriter& writer, std::optional<std::uint64_t> count);

/// As put_text; null when the text is empty.
void put_text_or_null(JsonWriter& writer, std::string_view text);

}  // namespace freshet
