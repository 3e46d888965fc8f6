#include <utility>

#include "app/api.h"
#include "scoring/learning/guard.h"

namespace freshet {
namespace {

ModelView view_of(ModelStatus status) {
  return {.version = status.version,
          .frozen = status.frozen,
          .guard = std::string(to_string(status.guard)),
          .learned_examples = status.learned_examples,
          .loss = status.loss,
          .versions = std::move(status.versions)};
}

/// Answers with what `act` says of the model, on the learner's thread.
template <class Act>
void ask_model(Engine& engine, Act act, const Answer<ModelView>& answer) {
  const bool asked = engine.ask_model([act, answer](ModelAdmin& admin) {
    auto status = act(admin);
    if (!status) return answer(tl::unexpected(std::move(status).error()));
    answer(view_of(*std::move(status)));
  });
  if (!asked) answer(error(ErrorCode::kUnavailable, "too many questions wait: try again"));
}

}  // namespace

void add_model_handlers(const ApiParts& parts, ApiHandlers& handlers) {
  Engine& engine = parts.engine;
  handlers.model = [&engine](const auto& answer) {
    ask_model(
        engine, [](ModelAdmin& admin) { return admin.status(); }, answer);
  };
  handlers.save_version = [&engine](const auto& answer) {
    ask_model(
        engine, [](ModelAdmin& admin) { return admin.keep(); }, answer);
  };
  handlers.promote = [&engine](ModelVersion version, const auto& answer) {
    ask_model(
        engine, [version](ModelAdmin& admin) { return admin.promote(version); }, answer);
  };
  handlers.roll_back = [&engine](const auto& answer) {
    ask_model(
        engine, [](ModelAdmin& admin) { return admin.roll_back(); }, answer);
  };
  handlers.freeze = [&engine](bool frozen, const auto& answer) {
    ask_model(
        engine, [frozen](ModelAdmin& admin) { return admin.freeze(frozen); }, answer);
  };
}

}  // namespace freshet
