#include "sinks/http_parameters.h"

#include <algorithm>
#include <charconv>

namespace freshet {
namespace {

/// `name`, or name[...] for the pattern name[].
bool fits(std::string_view name, std::string_view pattern) {
  if (!pattern.ends_with("[]")) return name == pattern;
  const std::string_view begin = pattern.substr(0, pattern.size() - 1);
  return name.size() > pattern.size() && name.starts_with(begin) && name.ends_with(']');
}

}  // namespace

HttpParameters::HttpParameters(const HttpRequest& request,
                               std::initializer_list<std::string_view> known)
    : query_(request.query) {
  for (const auto& [name, value] : query_) {
    std::string names;
    bool found = false;
    for (const std::string_view pattern : known) {
      found = found || fits(name, pattern);
      names.append(names.empty() ? "" : ", ").append(pattern);
    }
    if (!found) {
      refuse("unknown parameter " + name + "; known: " + (names.empty() ? "none" : names));
    }
  }
}

void HttpParameters::refuse(const std::string& text) {
  if (status_) status_ = error(ErrorCode::kInvalidConfig, text);
}

const std::string* HttpParameters::find(const std::string& name) const {
  const auto it = query_.find(name);
  return it == query_.end() ? nullptr : &it->second;
}

std::int64_t HttpParameters::number(const std::string& name, std::int64_t min, std::int64_t max,
                                    std::int64_t otherwise) {
  const std::string* const text = find(name);
  if (text == nullptr) return otherwise;
  std::int64_t number = 0;
  const char* const end = text->data() + text->size();
  const auto parsed = std::from_chars(text->data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end || number < min || number > max) {
    refuse(name + " must be a whole number from " + std::to_string(min) + " to " +
           std::to_string(max));
    return otherwise;
  }
  return number;
}

std::string HttpParameters::text(const std::string& name) const {
  const std::string* const text = find(name);
  return text == nullptr ? std::string() : *text;
}

std::vector<std::string> HttpParameters::texts(const std::string& name, std::size_t max) {
  std::vector<std::string> texts;
  const std::string* const all = find(name);
  if (all == nullptr) return texts;
  std::string_view left = *all;
  while (!left.empty()) {
    const std::string_view part = left.substr(0, left.find(','));
    if (!part.empty()) texts.emplace_back(part);
    left.remove_prefix(std::min(left.size(), part.size() + 1));
  }
  if (texts.size() > max) refuse(name + " must name at most " + std::to_string(max));
  return texts;
}

std::map<std::string, std::string> HttpParameters::texts_by_key(const std::string& name) const {
  std::map<std::string, std::string> texts;
  for (const auto& [full, value] : query_) {
    if (!fits(full, name + "[]")) continue;
    texts[full.substr(name.size() + 1, full.size() - name.size() - 2)] = value;
  }
  return texts;
}

}  // namespace freshet
