#include "config/yaml_document.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>

namespace freshet {
namespace {

constexpr int kValuesMax = 100'000;  // Anchors can make a short text very long.
constexpr int kDepthMax = 64;

/// Turns the library's nodes into ours; throws the library's exception on what we refuse.
class Converter {
 public:
  YamlNode convert(const YAML::Node& from, int depth = 0) {
    if (++values_ > kValuesMax) throw YAML::Exception(from.Mark(), "too many values");
    if (depth > kDepthMax) throw YAML::Exception(from.Mark(), "nested too deep");
    YamlNode node;
    node.line = from.Mark().line + 1;
    if (from.IsScalar()) {
      node.kind = YamlNode::Kind::kText;
      node.text = from.Scalar();
    } else if (from.IsSequence()) {
      node.kind = YamlNode::Kind::kList;
      for (const auto& item : from) node.items.push_back(convert(item, depth + 1));
    } else if (from.IsMap()) {
      node.kind = YamlNode::Kind::kMap;
      for (const auto& entry : from) add_entry(node, entry.first, entry.second, depth);
    }
    return node;
  }

 private:
  void add_entry(YamlNode& node, const YAML::Node& key, const YAML::Node& value, int depth) {
    if (!key.IsScalar()) throw YAML::Exception(key.Mark(), "a key must be text");
    const std::string& name = key.Scalar();
    const bool twice = std::any_of(node.entries.begin(), node.entries.end(),
                                   [&](const auto& entry) { return entry.key == name; });
    if (twice) throw YAML::Exception(key.Mark(), "key \"" + name + "\" stands twice");
    node.entries.push_back({name, convert(value, depth + 1)});
    node.entries.back().value.line = key.Mark().line + 1;
  }

  int values_ = 0;
};

}  // namespace

Result<YamlNode> parse_yaml(std::string_view text) {
  try {
    return Converter().convert(YAML::Load(std::string(text)));
  } catch (const YAML::Exception& e) {
    return error(ErrorCode::kInvalidConfig, "line " + std::to_string(e.mark.line + 1) +
                                                ", column " + std::to_string(e.mark.column + 1) +
                                                ": not readable as YAML: " + e.msg);
  }
}

}  // namespace freshet
