#include "ingest/field_survey.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <unordered_map>

#include "ingest/json_fields.h"

namespace freshet {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kNameBytesMax = 200;

bool is_reachable(std::string_view name) {
  return !name.empty() && name.size() <= kNameBytesMax &&
         name.find_first_of(".[]=") == std::string_view::npos;
}

std::string joined(const std::string& path, std::string_view name) {
  return path.empty() ? std::string(name) : path + "." + std::string(name);
}

std::string text_of(const Scalar& scalar) {
  if (scalar.kind == Scalar::Kind::kReal) return fmt::format("{}", scalar.real);
  return as_text(scalar).value_or("");
}

/// The value of a text member, empty when there is none.
std::string_view member_text(const dom::object& object, std::string_view name) {
  std::string_view text;
  if (object.at_key(name).get(text) != simdjson::SUCCESS) return {};
  return text;
}

/// "key" where all elements are objects with a text of that name beside others, as GA4's
/// parameters: [{"key": "ga_session_id", "value": {...}}, ...].
bool is_keyed(const dom::array& array) {
  bool any = false;
  for (const dom::element element : array) {
    dom::object object;
    if (element.get(object) != simdjson::SUCCESS || object.size() < 2) return false;
    if (member_text(object, "key").empty()) return false;
    any = true;
  }
  return any;
}

}  // namespace

std::string FieldFacts::name() const {
  if (array.empty()) return path;
  return path.empty() ? array + "[]" : array + "[]." + path;
}

class FieldSurvey::Impl {
 public:
  std::string add(std::string_view record) {
    const auto root = parser_.parse(record);
    if (!root) return root.error().text;
    ++record_count_;
    visit(*root, "", "", 0);
    return "";
  }

  std::size_t record_count() const { return record_count_; }
  const std::vector<std::string>& unreachable() const { return unreachable_; }

  std::vector<FieldFacts> facts() const {
    std::vector<FieldFacts> facts = facts_;
    for (FieldFacts& field : facts) field.present.resize(record_count_);
    return facts;
  }

 private:
  void visit(const dom::element& element, const std::string& array, const std::string& path,
             std::size_t depth) {
    if (depth > kDepthMax) return;
    dom::object object;
    dom::array elements;
    if (element.get(object) == simdjson::SUCCESS) {
      for (const auto [key, value] : object) {
        if (is_reachable(key)) {
          visit(value, array, joined(path, key), depth + 1);
        } else {
          cannot_reach(joined(path, key));
        }
      }
    } else if (element.get(elements) == simdjson::SUCCESS) {
      if (array.empty() && !path.empty()) visit_array(elements, path, depth);
    } else {
      take(to_scalar(element), array, path);
    }
  }

  void visit_array(const dom::array& elements, const std::string& path, std::size_t depth) {
    const bool keyed = is_keyed(elements);
    std::size_t count = 0;
    for (const dom::element element : elements) {
      if (!keyed && ++count > kElementsMax) break;
      if (!keyed) {
        visit(element, path, "", depth + 1);
        continue;
      }
      const dom::object object = element.get_object().value_unsafe();
      const std::string_view name = member_text(object, "key");
      if (!is_reachable(name)) {
        cannot_reach(fmt::format("{}[key={}]", path, name));
        continue;
      }
      const std::string selected = fmt::format("{}[key={}]", path, name);
      for (const auto [key, value] : object)
        if (key != "key" && is_reachable(key)) visit(value, "", joined(selected, key), depth + 1);
    }
  }

  void take(const Scalar& scalar, const std::string& array, const std::string& path) {
    if (scalar.absent()) return;
    FieldFacts* field = find(array, path);
    if (field == nullptr) return;
    field->present.resize(record_count_);
    if (!field->present.back()) ++field->record_count;
    field->present.back() = true;
    ++field->value_count;
    if (const auto number = as_number(scalar)) {
      field->least = field->number_count == 0 ? *number : std::min(field->least, *number);
      ++field->number_count;
      field->whole_count += *number == std::floor(*number) ? 1 : 0;
    }
    field->fraction_count +=
        scalar.kind == Scalar::Kind::kReal && scalar.real != std::floor(scalar.real) ? 1 : 0;
    ++field->values[text_of(scalar)];
  }

  FieldFacts* find(const std::string& array, const std::string& path) {
    const auto [at, is_new] = index_.emplace(array + "\n" + path, facts_.size());
    if (!is_new) return at->second < facts_.size() ? &facts_[at->second] : nullptr;
    if (facts_.size() >= kFieldsMax) {
      index_.erase(at);
      return nullptr;
    }
    FieldFacts& field = facts_.emplace_back();
    field.array = array;
    field.path = path;
    return &field;
  }

  void cannot_reach(const std::string& name) {
    const bool known =
        std::find(unreachable_.begin(), unreachable_.end(), name) != unreachable_.end();
    if (!known && unreachable_.size() < kElementsMax) unreachable_.push_back(name);
  }

  JsonParser parser_;
  std::size_t record_count_ = 0;
  std::vector<FieldFacts> facts_;
  std::unordered_map<std::string, std::size_t> index_;
  std::vector<std::string> unreachable_;
};

FieldSurvey::FieldSurvey() : impl_(std::make_unique<Impl>()) {}
FieldSurvey::~FieldSurvey() = default;
std::string FieldSurvey::add(std::string_view record) { return impl_->add(record); }
std::size_t FieldSurvey::record_count() const { return impl_->record_count(); }
const std::vector<std::string>& FieldSurvey::unreachable() const { return impl_->unreachable(); }
std::vector<FieldFacts> FieldSurvey::facts() const { return impl_->facts(); }

}  // namespace freshet
