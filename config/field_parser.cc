#include "config/field_parser.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <type_traits>

#include "config/substitute.h"
#include "config/suggest.h"
#include "config/unit_text.h"

namespace freshet {
namespace {

using Problem = std::optional<std::string>;
using Kind = YamlNode::Kind;

/// Reads one YAML value into what the field's type is; one operator() per type.
class FieldParser {
 public:
  FieldParser(const YamlNode& node, const FieldRule& rule, const EnvironmentLookup* environment)
      : node_(node), rule_(rule), environment_(environment) {}

  Problem operator()(bool* v) const {
    return with_text(node_, [&](const std::string& text) -> Problem {
      if (text != "true" && text != "false") return quoted(text) + " is neither true nor false";
      *v = text == "true";
      return {};
    });
  }

  Problem operator()(char* v) const {
    return with_text(node_, [&](const std::string& text) -> Problem {
      const std::string one = text == "tab" ? "\t" : text;
      const bool is_ascii = one.size() == 1 && static_cast<unsigned char>(one[0]) < 0x80;
      if (!is_ascii) return quoted(text) + " is not one ASCII character: write one, or tab";
      *v = one.front();
      return {};
    });
  }

  Problem operator()(std::string* v) const {
    return with_text(node_, [&](const std::string& text) -> Problem {
      *v = text;
      return {};
    });
  }

  Problem operator()(double* v) const {
    return with_text(node_, [&](const std::string& text) { return read_number(text, *v); });
  }

  template <class Value>
  Problem operator()(std::optional<Value>* v) const {
    Value value{};
    if (node_.kind == Kind::kNull) {
      v->reset();
      return {};
    }
    auto problem = (*this)(&value);
    if (!problem) *v = value;
    return problem;
  }

  Problem operator()(EventTime* v) const {
    return with_text(node_, [&](const std::string& text) -> Problem {
      const auto time = text.empty() ? EventTime{} : parse_time(text);
      if (!time) return quoted(text) + ' ' + time.error();
      *v = *time;
      return {};
    });
  }

  Problem operator()(const std::shared_ptr<FieldSections>&) const { return {}; }

  template <class Integer>
  requires std::is_integral_v<Integer> Problem operator()(Integer* v) const {
    return with_text(node_, [&](const std::string& text) { return read_integer(text, *v); });
  }

  template <class Period>
  Problem operator()(std::chrono::duration<std::int64_t, Period>* v) const {
    using Duration = std::chrono::duration<std::int64_t, Period>;
    return with_text(node_, [&](const std::string& text) -> Problem {
      const auto duration = parse_duration(text);
      if (!duration) return quoted(text) + ' ' + duration.error();
      const auto whole = std::chrono::duration_cast<Duration>(*duration);
      if (whole != *duration) {
        return quoted(text) + " is too fine: write a multiple of " + format_duration(Duration{1});
      }
      *v = whole;
      return {};
    });
  }

  Problem operator()(std::vector<std::string>* v) const {
    std::vector<std::string> texts;
    const auto problem = for_each_item([&](const std::string& text) -> Problem {
      texts.push_back(text);
      return {};
    });
    if (!problem) *v = std::move(texts);
    return problem;
  }

  Problem operator()(std::vector<double>* v) const {
    std::vector<double> numbers;
    const auto problem = for_each_item(
        [&](const std::string& text) { return read_number(text, numbers.emplace_back()); });
    if (!problem) *v = std::move(numbers);
    return problem;
  }

  Problem operator()(std::map<std::string, std::string>* v) const {
    std::map<std::string, std::string> entries;
    if (node_.kind != Kind::kMap && node_.kind != Kind::kNull) {
      return "must be keys with values: write one \"key: value\" per line below it, or {}";
    }
    for (const auto& [key, value] : node_.entries) {
      const auto problem = with_text(value, [&, &name = key](const std::string& text) -> Problem {
        entries[name] = text;
        return {};
      });
      if (problem) return quoted(key) + ": " + *problem;
    }
    *v = std::move(entries);
    return {};
  }

 private:
  template <class Read>
  Problem with_text(const YamlNode& node, const Read& read) const {
    if (node.kind == Kind::kNull) return "has no value: write one, or drop the key";
    if (node.kind != Kind::kText) {
      return std::string("must be a single value, not a ") +
             (node.kind == Kind::kList ? "list" : "section") + ": write it behind the key";
    }
    if (environment_ == nullptr) return read(node.text);
    const auto text = substitute_environment(node.text, *environment_);
    return text ? read(*text) : text.error();
  }

  /// A single text is a list of one; an empty one is the empty list.
  template <class Read>
  Problem for_each_item(const Read& read) const {
    if (node_.kind == Kind::kMap) return "must be a list: write [a, b]";
    if (node_.kind == Kind::kText && node_.text.empty()) return {};
    if (node_.kind == Kind::kText) return with_text(node_, read);
    for (const YamlNode& item : node_.items) {
      if (auto problem = with_text(item, read)) return problem;
    }
    return {};
  }

  Problem read_number(const std::string& text, double& v) const {
    double number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, trouble] = std::from_chars(text.data(), end, number);
    if (trouble != std::errc{} || stop != end || !std::isfinite(number)) {
      return quoted(text) + " is no number: write one such as 0.7";
    }
    v = number;
    return {};
  }

  template <class Integer>
  Problem read_integer(const std::string& text, Integer& v) const {
    if (rule_.is_bytes) {
      const auto bytes = parse_bytes(text);
      if (!bytes) return quoted(text) + ' ' + bytes.error();
      v = static_cast<Integer>(*bytes);
      return {};
    }
    Integer number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, trouble] = std::from_chars(text.data(), end, number);
    if (trouble == std::errc::result_out_of_range) {
      return quoted(text) + " is too large: write " +
             (std::isfinite(rule_.max) ? "at most " + format_number(rule_.max) : "a smaller one");
    }
    if (trouble != std::errc{} || stop != end) {
      return quoted(text) + " is no whole number: write one such as 20";
    }
    v = number;
    return {};
  }

  const YamlNode& node_;
  const FieldRule& rule_;
  const EnvironmentLookup* environment_;
};

}  // namespace

std::optional<std::string> parse_field(const YamlNode& node, const ConfigField& field,
                                       const EnvironmentLookup* environment) {
  return std::visit(FieldParser(node, field.rule, environment), field.value);
}

void parse_section(const YamlNode& node, const std::string& prefix,
                   const std::vector<ConfigField>& fields, const EnvironmentLookup* environment,
                   const ReportProblem& report) {
  for (const auto& [name, value] : node.entries) {
    const auto field =
        std::find_if(fields.begin(), fields.end(),
                     [&, &key = name](const ConfigField& f) { return f.key == key; });
    if (field != fields.end()) {
      if (const auto problem = parse_field(value, *field, environment))
        report(prefix + name, *problem);
      continue;
    }
    std::vector<std::string> known;
    for (const ConfigField& f : fields) known.push_back(f.key);
    const auto meant = suggest_key(name, known);
    report(prefix + name, "unknown key: " + (meant ? "did you mean " + *meant + "?"
                                                   : "drop it, or see docs/rules.md"));
  }
}

void parse_sections(const YamlNode& node, const ConfigField& field,
                    const EnvironmentLookup* environment, const ReportProblem& report) {
  FieldSections& sections = *std::get<std::shared_ptr<FieldSections>>(field.value);
  sections.clear();
  const auto parse_one = [&](const std::string& name, const YamlNode& section) {
    sections.add(name);
    const std::size_t last = sections.size() - 1;
    const std::string key = field.key + sections.suffix(last);
    if (section.kind != Kind::kMap && section.kind != Kind::kNull)
      report(key, "must be a section: write its keys below it, indented");
    parse_section(section, key + ".", sections.fields(last), environment, report);
  };
  if (node.kind == Kind::kNull || (node.kind == Kind::kText && node.text.empty())) return;
  const Kind wanted = sections.named() ? Kind::kMap : Kind::kList;
  const bool empty = node.items.empty() && node.entries.empty();
  if (node.kind != wanted && (node.kind == Kind::kText || !empty)) {
    report(field.key, sections.named()
                          ? "must be keys with sections: write \"name: {...}\" below it"
                          : "must be a list of sections: write \"- name: ...\" below it");
    return;
  }
  for (const YamlNode& item : node.items) parse_one("", item);
  for (const YamlEntry& entry : node.entries) parse_one(entry.key, entry.value);
}

}  // namespace freshet
