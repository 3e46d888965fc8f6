#include "ingest/json_fields.h"

#include <fmt/format.h>

#include <cstdint>
#include <cstring>
#include <optional>

namespace freshet {
namespace {

namespace dom = simdjson::dom;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::optional<dom::element> child(const dom::element& parent, std::string_view key) {
  dom::object object;
  if (parent.get(object) != simdjson::SUCCESS) return std::nullopt;
  for (auto it = object.begin(); it != object.end(); ++it) {
    if (it.key_equals(key)) return it.value();
  }
  return std::nullopt;
}

std::optional<dom::element> select(const dom::element& parent, const PathStep& step) {
  dom::array array;
  if (parent.get(array) != simdjson::SUCCESS) return std::nullopt;
  for (const dom::element element : array) {
    const auto found = child(element, step.select_key);
    std::string_view text;
    if (found && found->get(text) == simdjson::SUCCESS && text == step.select_value) return element;
  }
  return std::nullopt;
}

// Takes the step's selection, if it has one, at the element that its key led to.
std::optional<dom::element> arrive(std::optional<dom::element> at, const PathStep& step) {
  return at && !step.select_key.empty() ? select(*at, step) : at;
}

// Follows the path from its step `begin` on.
std::optional<dom::element> follow(std::optional<dom::element> at, const JsonPath& path,
                                   std::size_t begin = 0) {
  for (std::size_t i = begin; at && i < path.size(); ++i) {
    at = arrive(child(*at, path[i].key), path[i]);
  }
  return at;
}

Scalar first_present(const dom::element& from, const std::vector<JsonPath>& paths) {
  for (const JsonPath& path : paths) {
    const auto found = follow(from, path);
    if (!found) continue;
    if (const Scalar scalar = to_scalar(*found); !scalar.absent()) return scalar;
  }
  return {};
}

std::vector<std::vector<JsonPath>> parse_all(const std::vector<std::vector<std::string>>& fields) {
  std::vector<std::vector<JsonPath>> parsed;
  for (const auto& alternatives : fields) {
    auto& paths = parsed.emplace_back();
    for (const std::string& dotted : alternatives) {
      if (!dotted.empty()) paths.push_back(parse_json_path(dotted));
    }
  }
  return parsed;
}

// The wire format of Confluent's serializers: a zero, the schema's id in four bytes, then the
// payload. No JSON text begins with a zero, so nothing else can be meant.
constexpr std::size_t kFramingBytes = 5;

bool is_framed(std::string_view bytes) { return bytes.size() > kFramingBytes && bytes[0] == '\0'; }

// What the serializer for JSON Schema frames is plain JSON.
std::string_view without_framing(std::string_view bytes) {
  if (is_framed(bytes) && bytes[kFramingBytes] == '{') bytes.remove_prefix(kFramingBytes);
  return bytes;
}

std::uint32_t schema_id(std::string_view framed) {
  std::uint32_t id = 0;
  for (const char c : framed.substr(1, kFramingBytes - 1))
    id = id << 8 | static_cast<unsigned char>(c);
  return id;
}

BadRecord parse_trouble(simdjson::error_code code, std::string_view bytes) {
  if (is_framed(bytes)) {
    return {
        BadRecordReason::kMalformed,
        fmt::format("record: looks like Confluent Schema Registry framing (magic byte 0, schema "
                    "id {}) around no JSON object ({}); Freshet reads JSON, not Avro or "
                    "Protobuf: have the producer use the JSON Schema serializer or a plain JSON "
                    "one, or convert the topic",
                    schema_id(bytes), simdjson::error_message(code))};
  }
  if (code == simdjson::UTF8_ERROR) {
    return {BadRecordReason::kInvalidUtf8,
            "record: not valid UTF-8; encode it as UTF-8 (JSON allows nothing else)"};
  }
  // Only ASCII of the original goes into the text: the rest may be what is broken about it.
  std::string start;
  for (const char c : bytes.substr(0, 40)) start += c >= ' ' && c < 0x7F ? c : '?';
  return {BadRecordReason::kMalformed,
          fmt::format("record: not one JSON object ({}), starts with '{}'; send one complete JSON "
                      "object per record, or set ingest.format if it is CSV",
                      simdjson::error_message(code), start)};
}

}  // namespace

JsonPath parse_json_path(std::string_view dotted) {
  JsonPath path;
  while (!dotted.empty()) {
    const std::size_t dot = dotted.find('.');
    std::string_view step = dotted.substr(0, dot);
    dotted.remove_prefix(dot == std::string_view::npos ? dotted.size() : dot + 1);
    const std::size_t open = step.find('[');
    const std::size_t equals = step.find('=', open == std::string_view::npos ? step.size() : open);
    if (equals != std::string_view::npos && step.back() == ']') {
      path.push_back({std::string(step.substr(0, open)),
                      std::string(step.substr(open + 1, equals - open - 1)),
                      std::string(step.substr(equals + 1, step.size() - equals - 2))});
    } else {
      path.push_back({std::string(step), "", ""});
    }
  }
  return path;
}

Scalar to_scalar(const dom::element& element) {
  Scalar scalar;
  switch (element.type()) {
    case dom::element_type::STRING:
      return Scalar::of_text(element.get_string().value_unsafe());
    case dom::element_type::INT64:
      scalar.kind = Scalar::Kind::kInteger;
      scalar.integer = element.get_int64().value_unsafe();
      return scalar;
    case dom::element_type::UINT64:
      scalar.kind = Scalar::Kind::kUnsigned;
      scalar.unsigned_integer = element.get_uint64().value_unsafe();
      return scalar;
    case dom::element_type::DOUBLE:
      scalar.kind = Scalar::Kind::kReal;
      scalar.real = element.get_double().value_unsafe();
      return scalar;
    case dom::element_type::BOOL:
      scalar.kind = Scalar::Kind::kBool;
      scalar.boolean = element.get_bool().value_unsafe();
      return scalar;
    case dom::element_type::NULL_VALUE:
      return scalar;
    case dom::element_type::ARRAY:
    case dom::element_type::OBJECT:
      scalar.kind = Scalar::Kind::kNested;
      return scalar;
  }
  return scalar;
}

tl::expected<dom::element, BadRecord> JsonParser::parse(std::string_view record) {
  std::string_view bytes = without_framing(record);
  if (bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
  if (padded_.size() < bytes.size() + simdjson::SIMDJSON_PADDING) {
    padded_.resize(bytes.size() + simdjson::SIMDJSON_PADDING);
  }
  std::memcpy(padded_.data(), bytes.data(), bytes.size());
  dom::element root;
  const auto code = parser_.parse(padded_.data(), bytes.size(), false).get(root);
  if (code != simdjson::SUCCESS) return tl::unexpected(parse_trouble(code, record));
  if (!root.is_object()) {
    return tl::unexpected(parse_trouble(simdjson::INCORRECT_TYPE, record));
  }
  return root;
}

JsonFields::JsonFields(const FieldTable& table)
    : fields_(parse_all(table.fields)), item_fields_(parse_all(table.item_fields)) {
  items_paths_ = parse_all({table.items}).front();
  items_name_ = fmt::format("{}", fmt::join(table.items, " or "));
}

tl::expected<void, BadRecord> JsonFields::open(std::string_view bytes) {
  items_.clear();
  auto root = parser_.parse(bytes);
  if (!root) return tl::unexpected(std::move(root).error());
  root_.clear();
  const dom::object object = root->get_object().value_unsafe();
  for (const auto [key, value] : object) root_.push_back({key, value});
  return {};
}

std::optional<dom::element> JsonFields::at_root(const JsonPath& path) const {
  for (const Member& member : root_) {
    if (member.key == path.front().key) return follow(arrive(member.value, path.front()), path, 1);
  }
  return std::nullopt;
}

Scalar JsonFields::field(std::size_t index) const {
  for (const JsonPath& path : fields_[index]) {
    const auto found = at_root(path);
    if (!found) continue;
    if (const Scalar scalar = to_scalar(*found); !scalar.absent()) return scalar;
  }
  return {};
}

tl::expected<std::size_t, BadRecord> JsonFields::find_items() {
  items_.clear();
  for (const JsonPath& path : items_paths_) {
    const auto found = at_root(path);
    if (!found || found->is_null()) continue;
    dom::array array;
    if (found->get(array) != simdjson::SUCCESS) {
      return tl::unexpected(BadRecord{
          BadRecordReason::kWrongType,
          fmt::format("items: expected an array in \"{}\", found {}; send an array of items, or "
                      "use item_id for a single one",
                      items_name_, describe(to_scalar(*found)))});
    }
    for (const dom::element element : array) items_.push_back(element);
    return items_.size();
  }
  return 0;
}

Scalar JsonFields::item_field(std::size_t item, std::size_t index) const {
  // The item's first field is its id, and a bare text or number is nothing but that.
  if (!items_[item].is_object()) return index == 0 ? to_scalar(items_[item]) : Scalar{};
  return first_present(items_[item], item_fields_[index]);
}

}  // namespace freshet
