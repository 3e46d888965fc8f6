#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"
#include "sinks/http_exchange.h"

namespace freshet {

/// Parameters of a question, checked: names and values that are not understood are errors, so that
/// a typing mistake is not taken for the default. Confined to one thread.
class HttpParameters {
 public:
  /// `known`: the route's parameters; a name that ends with [] stands for name[key].
  HttpParameters(const HttpRequest& request, std::initializer_list<std::string_view> known);

  /// A whole number from `min` to `max`, or `otherwise` where it is left out.
  std::int64_t number(const std::string& name, std::int64_t min, std::int64_t max,
                      std::int64_t otherwise);
  /// Empty where it is left out.
  std::string text(const std::string& name) const;
  /// The parts between commas that are not empty.
  std::vector<std::string> texts(const std::string& name, std::size_t max);
  /// name[key]=value as {key, value}.
  std::map<std::string, std::string> texts_by_key(const std::string& name) const;

  /// Notes that something else is wrong.
  void refuse(const std::string& text);

  /// Errors: kInvalidConfig with the first thing that is wrong.
  const Status& status() const { return status_; }

 private:
  const std::string* find(const std::string& name) const;

  const std::map<std::string, std::string>& query_;
  Status status_;
};

}  // namespace freshet
