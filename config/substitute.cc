#include "config/substitute.h"

#include "config/secrets.h"

namespace freshet {
namespace {

tl::expected<std::string, std::string> value_of(std::string_view reference,
                                                const EnvironmentLookup& environment) {
  constexpr std::string_view kFile = "file:";
  if (reference.starts_with(kFile)) {
    auto content = read_secret_file(std::string(reference.substr(kFile.size())));
    if (!content) return tl::unexpected(content.error().text);
    return *std::move(content);
  }
  const std::size_t separator = reference.find(":-");
  const std::string name(reference.substr(0, separator));
  const bool is_name = !name.empty() && name.find_first_not_of(
                                            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                            "0123456789_") == std::string::npos;
  if (!is_name) {
    return tl::unexpected("\"${" + std::string(reference) +
                          "}\" names no environment variable: write ${NAME}, ${NAME:-default} "
                          "or ${file:PATH}, or $${ for the characters ${");
  }
  auto value = environment ? environment(name) : std::nullopt;
  if (value && !(value->empty() && separator != std::string_view::npos)) return *std::move(value);
  if (separator != std::string_view::npos) return std::string(reference.substr(separator + 2));
  return tl::unexpected("environment variable " + name + " is not set: set it, or write ${" + name +
                        ":-default}");
}

}  // namespace

tl::expected<std::string, std::string> substitute_environment(
    std::string_view text, const EnvironmentLookup& environment) {
  std::string result;
  while (!text.empty()) {
    const std::size_t dollar = text.find("${");
    if (dollar == std::string_view::npos) return result.append(text);
    if (dollar > 0 && text[dollar - 1] == '$') {
      result.append(text.substr(0, dollar - 1)).append("${");
      text.remove_prefix(dollar + 2);
      continue;
    }
    const std::size_t end = text.find('}', dollar);
    if (end == std::string_view::npos) {
      return tl::unexpected(
          std::string("\"${\" is not closed: write ${NAME}, or $${ for the characters ${"));
    }
    auto value = value_of(text.substr(dollar + 2, end - dollar - 2), environment);
    if (!value) return value;
    result.append(text.substr(0, dollar)).append(*value);
    text.remove_prefix(end + 1);
  }
  return result;
}

std::string escape_environment(std::string_view text) {
  std::string escaped;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with("${")) escaped += '$';
    escaped += text[i];
  }
  return escaped;
}

}  // namespace freshet
