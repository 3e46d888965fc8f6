#include "sinks/http_api.h"

#include <charconv>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "sinks/json_text.h"

namespace freshet {

namespace {

HttpResponse json(std::string body) { return {.body = std::move(body)}; }

HttpResponse problem_of(const Error& failure) {
  switch (failure.code) {
    case ErrorCode::kNotFound:
      return problem(404, failure.text);
    case ErrorCode::kInvalidConfig:
      return problem(400, failure.text);
    case ErrorCode::kTimedOut:
      return problem(504, failure.text);
    case ErrorCode::kUnavailable:
    case ErrorCode::kFenced:
      return problem(503, failure.text);
    case ErrorCode::kCorrupt:
    case ErrorCode::kInternal:
      return problem(500, failure.text);
  }
  return problem(500, failure.text);
}

std::string encode_readiness(const Readiness& readiness) {
  rapidjson::StringBuffer buffer;
  JsonWriter writer(buffer);
  writer.StartObject();
  put_key(writer, "ready");
  writer.Bool(readiness.ready);
  put_key(writer, "reasons");
  writer.StartArray();
  for (const std::string& reason : readiness.reasons) put_text(writer, reason);
  writer.EndArray();
  writer.EndObject();
  return std::string(buffer.GetString(), buffer.GetSize());
}

/// Reads ?count=, and ?scenario= where it is known (`scenario` is not null); what is absent stays
/// as it is. Errors: kInvalidConfig for other parameters and for values out of range, so that a
/// typing mistake is not taken for the default.
Status read_query(const HttpRequest& request, std::size_t& count, std::string* scenario) {
  for (const auto& [name, value] : request.query) {
    if (name == "scenario" && scenario != nullptr) {
      *scenario = value;
      continue;
    }
    if (name != "count") {
      return error(ErrorCode::kInvalidConfig, "unknown parameter " + name + "; known: count" +
                                                  (scenario != nullptr ? ", scenario" : ""));
    }
    const char* const end = value.data() + value.size();
    const auto parsed = std::from_chars(value.data(), end, count);
    if (parsed.ec != std::errc() || parsed.ptr != end || count < 1 || count > kApiCountMax) {
      return error(ErrorCode::kInvalidConfig,
                   "count must be a whole number from 1 to " + std::to_string(kApiCountMax));
    }
  }
  return {};
}

void add_operations(HttpRouter& router, const ApiHandlers& handlers) {
  router.get(
      "/healthz",
      [](const HttpRequest&, Respond respond) {
        respond({.content_type = "text/plain; charset=utf-8", .body = "ok\n"});
      },
      Access::kOpen);
  if (handlers.metrics) {
    router.get(
        "/metrics",
        [metrics = handlers.metrics](const HttpRequest&, Respond respond) {
          respond({.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics()});
        },
        Access::kOpen);
  }
  if (handlers.ready) {
    router.get(
        "/readyz",
        [ready = handlers.ready](const HttpRequest&, Respond respond) {
          const Readiness readiness = ready();
          respond({.status = readiness.ready ? 200U : 503U, .body = encode_readiness(readiness)});
        },
        Access::kOpen);
  }
  if (handlers.status) {
    router.get("/v1/status", [status = handlers.status](const HttpRequest&, Respond respond) {
      respond(json(encode_status(status())));
    });
  }
}

HttpHandler recommendations(const ApiHandlers& handlers, const Clock& clock) {
  return [recommend = handlers.recommend, title_of = handlers.title_of, &clock](
             const HttpRequest& request, Respond respond) {
    ListQuestion question{.user = request.params.at("id"), .count = 0, .scenario = {}};
    const Status read = read_query(request, question.count, &question.scenario);
    if (!read) return respond(problem_of(read.error()));
    recommend(question, [respond = std::move(respond), title_of, &clock](Result<RankedList> list) {
      respond(list ? json(encode_list(*list, clock.now(), title_of)) : problem_of(list.error()));
    });
  };
}

HttpHandler related_items(const ApiHandlers& handlers) {
  return [related = handlers.related, title_of = handlers.title_of](const HttpRequest& request,
                                                                    Respond respond) {
    std::size_t count = 0;
    const Status read = read_query(request, count, nullptr);
    if (!read) return respond(problem_of(read.error()));
    const std::string& item = request.params.at("id");
    related(
        item, count,
        [respond = std::move(respond), title_of, item](Result<std::vector<RankedItem>> items) {
          respond(items ? json(encode_related(item, *items, title_of)) : problem_of(items.error()));
        });
  };
}

}  // namespace

void add_api(HttpRouter& router, const ApiHandlers& handlers, const Clock& clock) {
  add_console(router);
  add_operations(router, handlers);
  if (handlers.recommend) {
    router.get("/v1/users/{id}/recommendations", recommendations(handlers, clock));
  }
  if (handlers.related) router.get("/v1/items/{id}/related", related_items(handlers));
}

}  // namespace freshet
