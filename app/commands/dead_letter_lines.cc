#include "app/commands/dead_letter_lines.h"

#include <absl/strings/escaping.h>
#include <fmt/format.h>
#include <rapidjson/document.h>

#include <fstream>
#include <iostream>

#include "ingest/time_reader.h"
#include "sinks/json_text.h"

namespace freshet {
namespace {

using rapidjson::Value;

void put(JsonWriter& writer, const char* name, std::string_view text) {
  put_key(writer, name);
  put_text(writer, text);
}

void put_bytes(JsonWriter& writer, const std::string& name, const std::string& bytes) {
  if (valid_utf8(bytes) == bytes) return put(writer, name.c_str(), bytes);
  put(writer, (name + "_base64").c_str(), absl::Base64Escape(bytes));
}

tl::unexpected<Error> wrong(const std::string& text) {
  return error(ErrorCode::kInvalidConfig, text);
}

const Value* find(const Value& object, const char* name) {
  const auto member = object.FindMember(name);
  return member == object.MemberEnd() || member->value.IsNull() ? nullptr : &member->value;
}

Result<std::string> read_text(const Value& object, const char* name) {
  const Value* found = find(object, name);
  if (found == nullptr) return std::string();
  if (!found->IsString()) return wrong(fmt::format("{} is no text", name));
  return std::string(found->GetString(), found->GetStringLength());
}

/// Text, an object where `json_allowed`, or base64 under the longer name.
Result<std::string> read_bytes(const Value& object, const std::string& name, bool json_allowed) {
  const Value* found = find(object, name.c_str());
  if (found != nullptr && found->IsObject() && json_allowed) {
    rapidjson::StringBuffer buffer;
    JsonWriter writer(buffer);
    found->Accept(writer);
    return text_of(buffer);
  }
  if (found != nullptr) return read_text(object, name.c_str());
  const auto encoded = read_text(object, (name + "_base64").c_str());
  std::string bytes;
  if (encoded && !absl::Base64Unescape(*encoded, &bytes))
    return wrong(name + "_base64 is no base64");
  return encoded ? Result<std::string>(bytes) : encoded;
}

/// "0:12", as `list` shows it.
Result<SourcePosition> read_place(const Value& object) {
  const auto text = read_text(object, "dead_letter");
  if (!text) return tl::unexpected(text.error());
  const auto place = parse_source(*text);
  if (place) return *place;
  return wrong(
      "dead_letter is missing, or is no PARTITION:OFFSET: take the lines of `freshet dead-letters "
      "list --json` and change nothing but key and value");
}

Result<SourcePosition> read_source(const Value& object) {
  const Value* partition = find(object, "partition");
  const Value* offset = find(object, "offset");
  if (partition == nullptr || !partition->IsInt() || offset == nullptr || !offset->IsInt64())
    return wrong("partition or offset is missing or no whole number");
  return SourcePosition{PartitionId{partition->GetInt()}, Offset{offset->GetInt64()}};
}

}  // namespace

std::string to_json_line(const StoredDeadLetter& letter) {
  rapidjson::StringBuffer buffer;
  JsonWriter writer(buffer);
  writer.StartObject();
  put(writer, "dead_letter", format_source(letter.place));
  if (letter.time) put(writer, "time", to_rfc3339(*letter.time));
  put(writer, "reason", letter.reason);
  put(writer, "text", letter.text);
  put(writer, "topic", letter.topic);
  put_key(writer, "partition");
  writer.Int(letter.source.partition.value);
  put_key(writer, "offset");
  writer.Int64(letter.source.offset.value);
  if (!letter.key.empty()) put_bytes(writer, "key", letter.key);
  put_bytes(writer, "value", letter.value);
  if (letter.cut) {
    put_key(writer, "cut");
    writer.Bool(true);
  }
  if (letter.replayed_time) put(writer, "replayed_time", to_rfc3339(*letter.replayed_time));
  writer.EndObject();
  return text_of(buffer);
}

Result<StoredDeadLetter> parse_dead_letter_line(const std::string& line) {
  rapidjson::Document object;
  // By heap, not by recursion: a hostile value nests deep. Numbers come out as they went in.
  constexpr unsigned kFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseFullPrecisionFlag;
  object.Parse<kFlags>(line.data(), line.size());
  if (object.HasParseError() || !object.IsObject()) return wrong("not one JSON object");
  const auto place = read_place(object);
  if (!place) return tl::unexpected(place.error());
  const auto source = read_source(object);
  if (!source) return tl::unexpected(source.error());
  StoredDeadLetter letter;
  letter.place = *place;
  letter.source = *source;
  for (const auto& [name, text] :
       {std::pair{"reason", &letter.reason}, {"text", &letter.text}, {"topic", &letter.topic}}) {
    auto read = read_text(object, name);
    if (!read) return tl::unexpected(read.error());
    *text = std::move(*read);
  }
  if (letter.topic.empty()) return wrong("topic is missing: where shall it go?");
  auto key = read_bytes(object, "key", false);
  if (!key) return tl::unexpected(key.error());
  auto value = read_bytes(object, "value", true);
  if (!value) return tl::unexpected(value.error());
  letter.key = std::move(*key);
  letter.value = std::move(*value);
  const Value* cut = find(object, "cut");
  letter.cut = cut != nullptr && !(cut->IsBool() && !cut->GetBool());
  return letter;
}

Result<std::vector<StoredDeadLetter>> read_dead_letter_file(const std::string& path) {
  std::ifstream file;
  if (path != "-") {
    file.open(path);
    if (!file) return error(ErrorCode::kNotFound, "read " + path + ": it cannot be opened");
  }
  std::istream& from = path == "-" ? std::cin : file;
  std::vector<StoredDeadLetter> letters;
  std::size_t number = 0;
  for (std::string line; std::getline(from, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    auto letter = parse_dead_letter_line(line);
    if (!letter) return wrong(fmt::format("{}, line {}: {}", path, number, letter.error().text));
    letters.push_back(std::move(*letter));
  }
  return letters;
}

}  // namespace freshet
