#include "sinks/http_api.h"

#include "sinks/http_answers.h"
#include "sinks/http_parameters.h"
#include "sinks/json_text.h"

namespace freshet {
namespace {

constexpr std::int64_t kHistorySecondsMin = 10;
constexpr std::int64_t kHistorySecondsMax = 7'200;
constexpr std::int64_t kHistorySeconds = 600;

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
  return text_of(buffer);
}

void add_probes(HttpRouter& router, const ApiHandlers& handlers) {
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
}

HttpHandler history(const ApiHandlers& handlers) {
  return [history = handlers.history](const HttpRequest& request, Respond respond) {
    HttpParameters parameters(request, {"seconds"});
    const std::int64_t seconds =
        parameters.number("seconds", kHistorySecondsMin, kHistorySecondsMax, kHistorySeconds);
    if (!parameters.status()) return respond(problem_of(parameters.status().error()));
    respond(json_answer(encode_columns(history(std::chrono::seconds(seconds)))));
  };
}

}  // namespace

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
    case ErrorCode::kNoSpace:
      return problem(503, failure.text);
    case ErrorCode::kCorrupt:
    case ErrorCode::kInternal:
      return problem(500, failure.text);
  }
  return problem(500, failure.text);
}

void add_operation_routes(HttpRouter& router, const ApiHandlers& handlers) {
  add_probes(router, handlers);
  if (handlers.status) {
    router.get("/v1/status", [status = handlers.status](const HttpRequest&, Respond respond) {
      respond(json_answer(encode_status(status())));
    });
  }
  if (handlers.history) router.get("/v1/history", history(handlers));
  if (handlers.dead_letters) {
    router.get("/v1/dead-letters",
               [letters = handlers.dead_letters](const HttpRequest&, Respond respond) {
                 respond(json_answer(encode_dead_letters(letters())));
               });
  }
}

void add_api(HttpRouter& router, const ApiHandlers& handlers, const Clock& clock) {
  add_console(router);
  add_operation_routes(router, handlers);
  add_list_routes(router, handlers, clock);
  add_item_routes(router, handlers);
  add_model_routes(router, handlers);
}

}  // namespace freshet
