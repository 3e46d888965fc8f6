#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include "config/config.h"
#include "config/config_fields.h"
#include "config/field_parser.h"
#include "config/suggest.h"
#include "config/yaml_document.h"

namespace freshet {
namespace {

/// Reads one document and gathers its problems. Confined to one thread.
class Loader {
 public:
  Loader(std::string source, const EnvironmentLookup& environment)
      : source_(std::move(source)), environment_(environment), fields_(config_fields(config_)) {
    for (const ConfigField& field : fields_) {
      known_.push_back(field.key);
      for (auto dot = field.key.find('.'); dot != std::string::npos;
           dot = field.key.find('.', dot + 1)) {
        sections_.insert(field.key.substr(0, dot));
      }
    }
    known_.insert(known_.end(), sections_.begin(), sections_.end());
  }

  Result<Config> load(std::string_view text) {
    const auto document = parse_yaml(text);
    if (!document) return error(document.error().code, source_ + ": " + document.error().text);
    read_section("", *document);
    for (const std::string& problem : validate(config_)) add_problem(problem);
    if (problems_.empty()) return std::move(config_);
    std::string lines;
    for (const std::string& problem : problems_) lines += (lines.empty() ? "" : "\n") + problem;
    return error(ErrorCode::kInvalidConfig, std::move(lines));
  }

 private:
  void read_section(const std::string& section, const YamlNode& node) {
    if (node.kind == YamlNode::Kind::kNull) return;  // Every key below it is commented out.
    if (node.kind != YamlNode::Kind::kMap) {
      add_problem((section.empty() ? "(top)" : section) +
                  ": must be a section: write its keys below it, indented");
      return;
    }
    for (const auto& [name, value] : node.entries) {
      const std::string key = section.empty() ? name : section + "." + name;
      lines_[key] = value.line;
      read_entry(key, value);
    }
  }

  void read_entry(const std::string& key, const YamlNode& node) {
    if (sections_.contains(key)) return read_section(key, node);
    const auto field = std::find_if(fields_.begin(), fields_.end(),
                                    [&](const ConfigField& f) { return f.key == key; });
    if (field == fields_.end()) {
      const auto meant = suggest_key(key, known_);
      return add_problem(
          key + ": unknown key: " +
          (meant ? "did you mean " + *meant + "?" : "drop it, or see docs/config.md"));
    }
    if (std::holds_alternative<std::shared_ptr<FieldSections>>(field->value)) {
      note_lines(key, node);
      parse_sections(node, *field, &environment_,
                     [this](const std::string& at, const std::string& problem) {
                       add_problem(at + ": " + problem);
                     });
    } else if (const auto problem = parse_field(node, *field, &environment_)) {
      add_problem(key + ": " + *problem);
    }
  }

  /// The keys inside a list, or inside sections with names.
  void note_lines(const std::string& key, const YamlNode& node) {
    lines_[key] = node.line;
    for (std::size_t k = 0; k < node.items.size(); ++k)
      note_lines(key + "[" + std::to_string(k) + "]", node.items[k]);
    for (const YamlEntry& entry : node.entries) note_lines(key + "." + entry.key, entry.value);
  }

  /// `problem` starts with its dotted key; the key's line is put in front where it has one.
  void add_problem(const std::string& problem) {
    const std::string key = problem.substr(0, problem.find(": "));
    auto line = lines_.find(key);
    // A key that is missed inside an entry of a list: the entry's line.
    if (line == lines_.end() && key.find(']') != std::string::npos)
      line = lines_.find(key.substr(0, key.rfind(']') + 1));
    const std::string place = line == lines_.end() ? "" : ":" + std::to_string(line->second);
    problems_.push_back(source_ + place + ": " + problem);
  }

  std::string source_;
  const EnvironmentLookup& environment_;
  Config config_;
  std::vector<ConfigField> fields_;  // Point into config_.
  std::set<std::string> sections_;
  std::vector<std::string> known_;
  std::map<std::string, int> lines_;
  std::vector<std::string> problems_;
};

}  // namespace

Result<Config> load_config(std::string_view yaml_text, const EnvironmentLookup& environment) {
  return Loader("text", environment).load(yaml_text);
}

Result<Config> load_config_file(const std::string& path, const EnvironmentLookup& environment) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad()) {
    return error(ErrorCode::kNotFound, path + ": cannot be read: name a YAML file that exists");
  }
  return Loader(path, environment).load(text);
}

}  // namespace freshet
