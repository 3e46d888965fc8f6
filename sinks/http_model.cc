#include <charconv>

#include "sinks/http_answers.h"
#include "sinks/http_api.h"
#include "sinks/json_input.h"
#include "sinks/model_codec.h"

namespace freshet {
namespace {

using What = ModelRequest::What;
using AskModel = std::function<void(ModelRequest, Answer<ModelStatus>)>;

/// `status`: of an answer that is none of trouble.
void ask(const AskModel& model, ModelRequest request, Respond respond, unsigned status = 200) {
  model(request, [respond = std::move(respond), status](Result<ModelStatus> answer) {
    if (!answer) return respond(problem_of(answer.error()));
    HttpResponse response = json_answer(encode_model(*answer));
    response.status = status;
    respond(std::move(response));
  });
}

HttpHandler action(const AskModel& model, What what, unsigned status = 200) {
  return [model, what, status](const HttpRequest&, Respond respond) {
    ask(model, {.what = what, .version = {}}, std::move(respond), status);
  };
}

HttpHandler promote(const AskModel& model) {
  return [model](const HttpRequest& request, Respond respond) {
    const std::string& text = request.params.at("version");
    ModelRequest promotion{.what = What::kPromote, .version = {}};
    const auto [end, problem_code] =
        std::from_chars(text.data(), text.data() + text.size(), promotion.version.value);
    if (problem_code != std::errc{} || end != text.data() + text.size())
      return respond(problem(400, "version: \"" + text + "\" is no number; /v1/model names them"));
    ask(model, promotion, std::move(respond));
  };
}

HttpHandler freeze(const AskModel& model) {
  return [model](const HttpRequest& request, Respond respond) {
    JsonInput input(request.body);
    bool frozen = false;
    input.require("frozen");
    input.read("frozen", frozen);
    if (const Status read = input.finish(); !read) return respond(problem_of(read.error()));
    ask(model, {.what = frozen ? What::kFreeze : What::kThaw, .version = {}}, std::move(respond));
  };
}

}  // namespace

void add_model_routes(HttpRouter& router, const ApiHandlers& handlers) {
  if (!handlers.model) return;
  router.get("/v1/model", action(handlers.model, What::kStatus));
  router.post("/v1/model/versions", action(handlers.model, What::kKeep, 201));
  router.post("/v1/model/versions/{version}/promote", promote(handlers.model));
  router.post("/v1/model/rollback", action(handlers.model, What::kRollBack));
  router.post("/v1/model/freeze", freeze(handlers.model));
}

}  // namespace freshet
