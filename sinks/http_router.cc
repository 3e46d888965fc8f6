#include "sinks/http_router.h"

#include <utility>

#include "sinks/json_text.h"

namespace freshet {

namespace {

const char* title_of(unsigned status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Error";
  }
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

/// Parts are split before they are decoded: an id may hold "%2F".
std::optional<std::vector<std::string>> decoded_parts(std::string_view path) {
  std::vector<std::string> decoded;
  for (const std::string_view part : split(path, '/')) {
    auto text = percent_decode(part);
    if (!text) return std::nullopt;
    decoded.push_back(*std::move(text));
  }
  return decoded;
}

std::optional<std::map<std::string, std::string>> decoded_query(std::string_view query) {
  std::map<std::string, std::string> decoded;
  for (const std::string_view pair : split(query, '&')) {
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    auto name = percent_decode(pair.substr(0, equals), /*plus_is_space=*/true);
    auto value = equals == std::string_view::npos
                     ? std::optional<std::string>("")
                     : percent_decode(pair.substr(equals + 1), /*plus_is_space=*/true);
    if (!name || !value) return std::nullopt;
    decoded[*std::move(name)] = *std::move(value);
  }
  return decoded;
}

bool is_param(const std::string& part) { return part.starts_with('{') && part.ends_with('}'); }

}  // namespace

HttpResponse problem(unsigned status, const std::string& detail) {
  rapidjson::StringBuffer buffer;
  JsonWriter writer(buffer);
  writer.StartObject();
  put_key(writer, "type");
  put_text(writer, "about:blank");
  put_key(writer, "title");
  put_text(writer, title_of(status));
  put_key(writer, "status");
  writer.Uint(status);
  put_key(writer, "detail");
  put_text(writer, detail);
  writer.EndObject();
  return {.status = status,
          .content_type = "application/problem+json",
          .body = text_of(buffer),
          .headers = {}};
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += plus_is_space && text[i] == '+' ? ' ' : text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

void HttpRouter::add(const char* method, std::string_view pattern, HttpHandler handler,
                     Access access) {
  Route route{method, std::string(pattern), {}, std::move(handler), access};
  for (const std::string_view part : split(pattern, '/')) route.parts.emplace_back(part);
  routes_.push_back(std::move(route));
}

std::vector<std::string> HttpRouter::routes() const {
  std::vector<std::string> routes;
  for (const Route& route : routes_) routes.push_back(route.method + " " + route.pattern);
  return routes;
}

bool HttpRouter::fits(const Route& route, const std::vector<std::string>& parts, Params& params) {
  if (route.parts.size() != parts.size()) return false;
  params.clear();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string& wanted = route.parts[i];
    const bool param = is_param(wanted);
    if (param ? parts[i].empty() : wanted != parts[i]) return false;
    if (param) params[wanted.substr(1, wanted.size() - 2)] = parts[i];
  }
  return true;
}

/// Returns the route, or null with the error in `match`.
const HttpRouter::Route* HttpRouter::find(std::string_view method,
                                          const std::vector<std::string>& parts,
                                          Match& match) const {
  std::string allowed;
  Params params;
  for (const Route& route : routes_) {
    if (!fits(route, parts, params)) continue;
    const bool head = route.method == "GET" && method == "HEAD";
    if (route.method == method || head) {
      match.request.params = std::move(params);
      return &route;
    }
    if (allowed.empty()) match.route = route.pattern;
    allowed +=
        (allowed.empty() ? "" : ", ") + route.method + (route.method == "GET" ? ", HEAD" : "");
  }
  if (allowed.empty()) {
    match.error = problem(404, "nothing lives at " + match.request.path);
  } else {
    match.error = problem(405, "only " + allowed + " is understood here");
    match.error.headers["Allow"] = allowed;
  }
  return nullptr;
}

HttpRouter::Match HttpRouter::match(std::string_view method, std::string_view target) const {
  Match match;
  match.request.method = method;
  match.request.target = target;
  const std::size_t question = target.find('?');
  const std::string_view path = target.substr(0, question);
  match.request.path = path;
  const auto parts = decoded_parts(path);
  auto query = decoded_query(question == std::string_view::npos ? std::string_view{}
                                                                : target.substr(question + 1));
  if (!path.starts_with('/') || !parts || !query) {
    match.error = problem(400, "the address is malformed: write % as %25, / inside an id as %2F");
    return match;
  }
  match.request.query = *std::move(query);
  const Route* route = find(method, *parts, match);
  if (route == nullptr) return match;
  match.route = route->pattern;
  match.access = route->access;
  match.handler = &route->handler;
  return match;
}

}  // namespace freshet
