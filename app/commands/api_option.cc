#include "app/commands/api_option.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>

#include "ingest/time_reader.h"

namespace freshet {

void ApiOption::add_to(CLI::App& command) {
  config.add_to(command);
  command.add_option("--url", url,
                     "Address of a running Freshet (default: what the configuration's sinks.http "
                     "says)");
  command.add_flag("--json", json, "Print the answer as it came");
}

Result<HttpTarget> ApiOption::target() const {
  auto loaded = config.load();
  if (!loaded) return tl::unexpected(loaded.error());
  HttpTarget target = target_of(loaded->sinks.http);
  if (url.empty()) return target;
  auto named = parse_target(url);
  if (!named) return named;
  named->token = target.token;
  named->certificates = target.certificates;
  return named;
}

Status ApiOption::ask(const std::string& path,
                      const std::function<void(const rapidjson::Value&)>& show,
                      const std::optional<std::string>& body) const {
  log_to_stderr("error");
  const auto to = target();
  if (!to) return tl::unexpected(to.error());
  const auto answer = ask_http(*to, path, body);
  if (!answer) return tl::unexpected(answer.error());
  if (json) {
    fmt::print("{}\n", *answer);
    return {};
  }
  rapidjson::Document document;
  document.Parse(answer->c_str());
  if (document.HasParseError())
    return error(ErrorCode::kInternal, path + ": the answer is no JSON; is it a Freshet?");
  show(document);
  return {};
}

std::string text_of(const rapidjson::Value& object, const char* member, int digits) {
  if (!object.IsObject() || !object.HasMember(member)) return "";
  const rapidjson::Value& value = object[member];
  if (value.IsString()) return {value.GetString(), value.GetStringLength()};
  if (value.IsBool()) return value.GetBool() ? "yes" : "no";
  if (value.IsUint64()) return std::to_string(value.GetUint64());
  if (value.IsInt64()) return std::to_string(value.GetInt64());
  return value.IsNumber() ? fmt::format("{:.{}f}", value.GetDouble(), digits) : "";
}

std::vector<const rapidjson::Value*> elements_of(const rapidjson::Value& object,
                                                 const char* member) {
  std::vector<const rapidjson::Value*> elements;
  if (!object.IsObject() || !object.HasMember(member) || !object[member].IsArray()) return elements;
  for (const rapidjson::Value& value : object[member].GetArray()) elements.push_back(&value);
  return elements;
}

std::string time_of(const rapidjson::Value& object, const char* member) {
  if (!object.IsObject() || !object.HasMember(member) || !object[member].IsInt64()) return "";
  return to_utc_text(EventTime(std::chrono::milliseconds(object[member].GetInt64())));
}

}  // namespace freshet
