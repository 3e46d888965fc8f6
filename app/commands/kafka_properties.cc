#include "app/commands/kafka_properties.h"

#include "config/secrets.h"
#include "config/substitute.h"

namespace freshet {
namespace {

/// Whether `value` takes something from elsewhere, and keeps nothing to fall back on.
bool is_reference(std::string_view value) {
  const std::size_t begin = value.find("${");
  return begin != std::string_view::npos && (begin == 0 || value[begin - 1] != '$') &&
         value.find(":-") == std::string_view::npos;
}

std::string problem_of(const std::string& key, const std::string& value,
                       const EnvironmentLookup& environment) {
  if (is_secret_property(key) && !is_reference(value)) {
    return "is a secret and would stand in the file: name where it is, " + key + "='${NAME}' or " +
           key + "='${file:PATH}', in single quotes, so that the shell leaves it alone";
  }
  const auto known = substitute_environment(value, environment);
  return known ? "" : known.error();
}

}  // namespace

Result<KafkaProperties> read_kafka_properties(const std::vector<std::string>& texts,
                                              const EnvironmentLookup& environment) {
  KafkaProperties properties;
  std::string problems;
  const auto report = [&](const std::string& key, const std::string& problem) {
    problems += (problems.empty() ? "" : "\n") + ("--kafka-property " + key) + ": " + problem;
  };
  for (const std::string& text : texts) {
    const std::size_t end = text.find('=');
    const std::string key = text.substr(0, end);
    if (end == std::string::npos || key.empty()) {
      report(key.empty() ? "=" : key, "write KEY=VALUE, for example security.protocol=sasl_ssl");
      continue;
    }
    const auto [property, is_new] = properties.emplace(key, text.substr(end + 1));
    const std::string problem =
        is_new ? problem_of(key, property->second, environment) : "stands there twice: drop one";
    if (!problem.empty()) report(key, problem);
  }
  if (problems.empty()) return properties;
  return error(ErrorCode::kInvalidConfig, std::move(problems));
}

Result<KafkaProperties> resolved(const KafkaProperties& properties,
                                 const EnvironmentLookup& environment) {
  KafkaProperties values;
  for (const auto& [key, value] : properties) {
    auto text = substitute_environment(value, environment);
    if (!text)
      return error(ErrorCode::kInvalidConfig, "--kafka-property " + key + ": " + text.error());
    values.emplace(key, *std::move(text));
  }
  return values;
}

}  // namespace freshet
