#pragma once

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <string>
#include <string_view>

namespace freshet {

/// Writer of compact JSON into memory.
using JsonWriter = rapidjson::Writer<rapidjson::StringBuffer>;

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

}  // namespace freshet
