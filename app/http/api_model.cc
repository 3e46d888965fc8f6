#include "app/http/api.h"

namespace freshet {
namespace {

/// Answers with what `act` says of the model, on the learner's thread.
template <class Act>
void ask_model(Engine& engine, Act act, const Answer<ModelStatus>& answer) {
  const bool asked = engine.ask_model([act, answer](ModelAdmin& admin) { answer(act(admin)); });
  if (!asked) answer(too_busy());
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
