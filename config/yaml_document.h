#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/result.h"

namespace freshet {

struct YamlEntry;

/// A YAML value without the YAML library. Immutable after construction (a value).
struct YamlNode {
  enum class Kind { kNull, kText, kList, kMap };

  Kind kind = Kind::kNull;
  int line = 0;      ///< First is 1.
  std::string text;  ///< Of kText: numbers and bools too are text until a field reads them.
  std::vector<YamlNode> items;
  std::vector<YamlEntry> entries;  ///< In the order written.
};

/// A key and its value.
struct YamlEntry {
  std::string key;
  YamlNode value;
};

/// Parses one document. Errors: kInvalidConfig with line and column; also for a key that stands
/// twice and for a document of more than 100,000 values.
Result<YamlNode> parse_yaml(std::string_view text);

}  // namespace freshet
