#include <cmath>
#include <type_traits>

#include "config/field_parser.h"
#include "config/unit_text.h"

namespace freshet {
namespace {

using Problem = std::optional<std::string>;

/// Holds a value against its rule; one operator() per type.
class FieldChecker {
 public:
  explicit FieldChecker(const FieldRule& rule) : rule_(rule) {}

  Problem operator()(const bool*) const { return {}; }
  Problem operator()(const char* v) const {
    if (*v == '"' || *v == '\n' || *v == '\r' || *v == '\0') {
      return "cannot be a quote or a line end: write another character";
    }
    return {};
  }
  Problem operator()(const double* v) const { return in_range(*v, format_number); }
  Problem operator()(const std::string* v) const {
    if (rule_.not_empty && v->empty()) return "is empty: write a value";
    return one_of_choices(*v);
  }
  Problem operator()(const std::vector<std::string>* v) const {
    if (rule_.not_empty && v->empty()) return "is empty: write at least one entry";
    for (const std::string& entry : *v) {
      if (auto problem = one_of_choices(entry)) return problem;
    }
    return {};
  }
  Problem operator()(const std::vector<double>* v) const {
    if (rule_.not_empty && v->empty()) return "is empty: write at least one entry";
    for (const double number : *v) {
      if (auto problem = in_range(number, format_number)) return problem;
    }
    return {};
  }
  Problem operator()(const std::map<std::string, std::string>* v) const {
    for (const auto& [key, value] : *v) {
      if (auto problem = one_of_choices(value)) return quoted(key) + ": " + *problem;
    }
    return {};
  }
  template <class Period>
  Problem operator()(const std::chrono::duration<std::int64_t, Period>* v) const {
    const std::chrono::microseconds duration = *v;
    return in_range(static_cast<double>(duration.count()), [](double count) {
      return format_duration(std::chrono::microseconds{static_cast<std::int64_t>(count)});
    });
  }
  template <class Value>
  Problem operator()(const std::optional<Value>* v) const {
    return *v ? (*this)(&**v) : Problem{};
  }
  Problem operator()(const EventTime*) const { return {}; }
  Problem operator()(const std::shared_ptr<FieldSections>&) const { return {}; }
  template <class Integer>
  requires std::is_integral_v<Integer> Problem operator()(const Integer* v) const {
    return in_range(static_cast<double>(*v), [this](double number) {
      const auto integer = static_cast<std::uint64_t>(number);
      return rule_.is_bytes ? format_bytes(integer) : std::to_string(integer);
    });
  }

 private:
  template <class Format>
  Problem in_range(double value, const Format& format) const {
    // Written so that NaN is out of range too.
    if (value >= rule_.min && value <= rule_.max) return {};
    if (std::isnan(value) || std::isinf(value)) return "is no number: write one";
    return format(value) + " is out of range: write " + format(rule_.min) + " to " +
           format(rule_.max);
  }

  Problem one_of_choices(const std::string& value) const {
    if (rule_.choices.empty()) return {};
    std::string choices;
    for (const std::string& choice : rule_.choices) {
      if (choice == value) return {};
      choices += (choices.empty() ? "" : ", ") + (choice.empty() ? "\"\"" : choice);
    }
    return quoted(value) + " is not known: write one of " + choices;
  }

  const FieldRule& rule_;
};

}  // namespace

std::optional<std::string> check_field(const ConfigField& field) {
  return std::visit(FieldChecker(field.rule), field.value);
}

}  // namespace freshet
