#include "config/reference.h"

#include <cmath>
#include <type_traits>

#include "config/config_fields.h"
#include "config/unit_text.h"

namespace freshet {
namespace {

std::string code(const std::string& text) { return text.empty() ? "" : "`" + text + "`"; }

std::string in_quotes(const std::string& text) { return '"' + text + '"'; }

/// What a table row says of a value: its kind and how it is written now.
struct Description {
  std::string kind;
  std::string value;
};

/// Describes a value; one operator() per type.
class Describer {
 public:
  explicit Describer(const FieldRule& rule) : rule_(rule) {}

  Description operator()(const bool* v) const { return {"bool", *v ? "true" : "false"}; }
  Description operator()(const char* v) const {
    return {"character", in_quotes(std::string(1, *v))};
  }
  Description operator()(const double* v) const { return {"number", format_number(*v)}; }
  Description operator()(const std::string* v) const { return {"text", in_quotes(*v)}; }
  Description operator()(const std::vector<std::string>* v) const {
    std::string list;
    for (const std::string& text : *v) list += (list.empty() ? "" : ", ") + text;
    return {"list of texts", "[" + list + "]"};
  }
  Description operator()(const std::vector<double>* v) const {
    std::string list;
    for (const double number : *v) list += (list.empty() ? "" : ", ") + format_number(number);
    return {"list of numbers", "[" + list + "]"};
  }
  Description operator()(const std::map<std::string, std::string>*) const {
    return {"keys with texts", "{}"};
  }
  template <class Value>
  Description operator()(const std::optional<Value>* v) const {
    if (*v) return (*this)(&**v);
    const Value value{};
    return {(*this)(&value).kind + ", or nothing", ""};
  }
  Description operator()(const EventTime* v) const {
    return {"time", *v == EventTime{} ? "\"\"" : format_time(*v)};
  }
  Description operator()(const std::shared_ptr<FieldSections>& v) const {
    return v->named() ? Description{"keys with sections", "{}"}
                      : Description{"list of sections", "[]"};
  }
  template <class Period>
  Description operator()(const std::chrono::duration<std::int64_t, Period>* v) const {
    return {"duration", format_duration(*v)};
  }
  template <class Integer>
  requires std::is_integral_v<Integer> Description operator()(const Integer* v) const {
    if (rule_.is_bytes) return {"size", format_bytes(*v)};
    return {"whole number", std::to_string(*v)};
  }

 private:
  const FieldRule& rule_;
};

std::string spell_bound(double bound, const std::string& kind) {
  if (kind == "duration") {
    return format_duration(std::chrono::microseconds{static_cast<std::int64_t>(bound)});
  }
  return kind == "size" ? format_bytes(static_cast<std::uint64_t>(bound)) : format_number(bound);
}

std::string allowed(const ConfigField& field, const std::string& kind) {
  const FieldRule& rule = field.rule;
  std::string text;
  for (const std::string& choice : rule.choices) {
    text += (text.empty() ? "" : ", ") + code(choice.empty() ? "\"\"" : choice);
  }
  if (!text.empty()) return text;
  if (std::isfinite(rule.max)) {
    return code(spell_bound(rule.min, kind)) + " to " + code(spell_bound(rule.max, kind));
  }
  return rule.not_empty ? "not empty" : "any";
}

std::string heading(const std::string& section) {
  return "\n### `" + section + "`\n\n| key | kind | default | allowed | effect |\n" +
         "|---|---|---|---|---|\n";
}

std::string table_row(const ConfigField& field) {
  const Description description = std::visit(Describer(field.rule), field.value);
  return "| " + code(field.key.substr(field.key.rfind('.') + 1)) + " | " + description.kind +
         " | " + code(description.value) + " | " + allowed(field, description.kind) + " | " +
         field.help + " |\n";
}

/// The table of the sections that a field holds.
std::string table_of(const std::string& key, FieldSections& sections) {
  std::string table = heading(key + (sections.named() ? ".NAME" : "[]"));
  for (const ConfigField& field : sections.default_fields()) table += table_row(field);
  return table;
}

}  // namespace

std::string config_reference() {
  Config defaults;
  std::string page;
  std::string section;
  std::string inner;  // Tables of sections inside this section.
  for (const ConfigField& field : config_fields(defaults)) {
    const std::string above = field.key.substr(0, field.key.rfind('.'));
    if (above != section) {
      page += inner + heading(above);
      inner.clear();
      section = above;
    }
    page += table_row(field);
    if (const auto* sections = std::get_if<std::shared_ptr<FieldSections>>(&field.value))
      inner += table_of(field.key, **sections);
  }
  return page + inner;
}

}  // namespace freshet
