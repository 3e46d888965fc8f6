#include <charconv>
#include <utility>

#include "sinks/http_answers.h"
#include "sinks/http_api.h"
#include "sinks/json_input.h"

namespace freshet {
namespace {

Answer<ModelStatus> model_answer(Respond respond) {
  return answer_with<ModelStatus>(std::move(respond), encode_model);
}

/// Errors: kInvalidConfig where the body has any field.
Status no_body(const HttpRequest& request) {
  return request.body.empty() ? Status{} : JsonInput(request.body).finish();
}

/// A route whose questions say nothing more.
HttpHandler plain(std::function<void(Answer<ModelStatus>)> ask) {
  return [ask = std::move(ask)](const HttpRequest& request, Respond respond) {
    if (const Status read = no_body(request); !read) return respond(problem_of(read.error()));
    ask(model_answer(std::move(respond)));
  };
}

HttpHandler save_version(const ApiHandlers& handlers) {
  return [save = handlers.save_version](const HttpRequest& request, Respond respond) {
    if (const Status read = no_body(request); !read) return respond(problem_of(read.error()));
    save([respond = std::move(respond)](Result<ModelStatus> model) {
      if (!model) return respond(problem_of(model.error()));
      respond({.status = 201, .body = encode_model(*model)});
    });
  };
}

HttpHandler promote(const ApiHandlers& handlers) {
  return [promote = handlers.promote](const HttpRequest& request, Respond respond) {
    const std::string& text = request.params.at("version");
    ModelVersion version;
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, version.value);
    if (parsed.ec != std::errc() || parsed.ptr != end) {
      return respond(problem(400, "version must be a whole number, as /v1/model lists them"));
    }
    if (const Status read = no_body(request); !read) return respond(problem_of(read.error()));
    promote(version, model_answer(std::move(respond)));
  };
}

HttpHandler freeze(const ApiHandlers& handlers) {
  return [freeze = handlers.freeze](const HttpRequest& request, Respond respond) {
    bool frozen = false;
    JsonInput input(request.body);
    input.require("frozen");
    input.read("frozen", frozen);
    if (const Status read = input.finish(); !read) return respond(problem_of(read.error()));
    freeze(frozen, model_answer(std::move(respond)));
  };
}

}  // namespace

void add_model_routes(HttpRouter& router, const ApiHandlers& handlers) {
  if (handlers.model) router.get("/v1/model", plain(handlers.model));
  if (handlers.save_version) router.post("/v1/model/versions", save_version(handlers));
  if (handlers.promote) router.post("/v1/model/versions/{version}/promote", promote(handlers));
  if (handlers.roll_back) router.post("/v1/model/rollback", plain(handlers.roll_back));
  if (handlers.freeze) router.post("/v1/model/freeze", freeze(handlers));
}

}  // namespace freshet
