#pragma once

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/field_reader.h"

namespace freshet {

/// One step of a path: into a key, then, if `select_key` is set, to the first element of the array
/// found there whose `select_key` equals `select_value` ("event_params[key=ga_session_id]").
struct PathStep {
  std::string key;
  std::string select_key;
  std::string select_value;
};
using JsonPath = std::vector<PathStep>;

/// Cuts a dotted path into its steps.
JsonPath parse_json_path(std::string_view dotted);

/// Turns a parsed JSON value into a Scalar; null is absent.
Scalar to_scalar(const simdjson::dom::element& element);

/// Parses one JSON text after the other into memory that is kept. Confined to one thread.
class JsonParser {
 public:
  /// Returns the document's root object, valid until the next call. A byte order mark is skipped,
  /// and so is Schema Registry framing. Errors: kInvalidUtf8, kMalformed (also: not an object,
  /// nested too deep, a number too large).
  tl::expected<simdjson::dom::element, BadRecord> parse(std::string_view record);

 private:
  simdjson::dom::parser parser_;
  std::vector<char> padded_;
};

/// Fields of a JSON object. Confined to one thread.
class JsonFields final : public FieldReader {
 public:
  explicit JsonFields(const FieldTable& table);

  tl::expected<void, BadRecord> open(std::string_view bytes) override;
  Scalar field(std::size_t index) const override;
  tl::expected<std::size_t, BadRecord> find_items() override;
  Scalar item_field(std::size_t item, std::size_t index) const override;

 private:
  struct Member {
    std::string_view key;
    simdjson::dom::element value;
  };

  std::optional<simdjson::dom::element> at_root(const JsonPath& path) const;

  std::vector<std::vector<JsonPath>> fields_;
  std::vector<JsonPath> items_paths_;
  std::string items_name_;
  std::vector<std::vector<JsonPath>> item_fields_;
  JsonParser parser_;
  std::vector<Member> root_;  // Walked once per record, asked a dozen times.
  std::vector<simdjson::dom::element> items_;
};

}  // namespace freshet
