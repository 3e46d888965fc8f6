#pragma once

#include <rapidjson/document.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"

namespace freshet {

/// The fields of one JSON object that a client sent. Each is asked for by name, with the value that
/// stands when it is left out; finish() says what is wrong, naming the field: what is missing, of
/// another type or out of range, and what nobody asked for. Confined to one thread.
class JsonInput {
 public:
  /// The object that `text` holds.
  explicit JsonInput(std::string_view text);

  // Each reads the field `name` into `value`, which stays where the field is left out.
  void read(const char* name, std::string& value);
  void read(const char* name, bool& value);
  void read(const char* name, double& value);
  /// A whole number from `min` to `max`.
  void read(const char* name, std::int64_t& value, std::int64_t min, std::int64_t max);
  /// At most `max` texts.
  void read(const char* name, std::vector<std::string>& value, std::size_t max);
  /// An object of texts.
  void read(const char* name, std::map<std::string, std::string>& value);
  /// At most `max` objects; calls `each` with one after the other.
  void read(const char* name, std::size_t max, const std::function<void(JsonInput&)>& each);

  /// The field must be there. Said before it is read.
  void require(const char* name);

  /// Errors: kInvalidConfig with the first thing that is wrong and what to do.
  Status finish();

 private:
  using Value = rapidjson::Value;

  JsonInput(const Value& object, std::string place);
  const Value* find(const char* name);
  /// Keeps the first problem.
  void refuse(const std::string& field, const std::string& text);
  std::string path(const std::string& name) const;

  rapidjson::Document document_;  // Empty in an inner object.
  const Value* object_ = nullptr;
  std::string place_;  // Of this object in the whole, "" or "events[3].".
  std::vector<std::string_view> known_;
  Status status_;
};

}  // namespace freshet
