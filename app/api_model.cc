#include "app/api.h"

namespace freshet {
namespace {

Result<ModelStatus> act(ModelAdmin& admin, const ModelRequest& request) {
  switch (request.what) {
    case ModelRequest::What::kStatus:
      return admin.status();
    case ModelRequest::What::kKeep:
      return admin.keep();
    case ModelRequest::What::kPromote:
      return admin.promote(request.version);
    case ModelRequest::What::kRollBack:
      return admin.roll_back();
    case ModelRequest::What::kFreeze:
      return admin.freeze(true);
    case ModelRequest::What::kThaw:
      return admin.freeze(false);
  }
  return admin.status();
}

}  // namespace

void add_model_handlers(const ApiParts& parts, ApiHandlers& handlers) {
  handlers.model = [&engine = parts.engine](ModelRequest request,
                                            const Answer<ModelStatus>& answer) {
    const bool asked =
        engine.ask_model([request, answer](ModelAdmin& admin) { answer(act(admin, request)); });
    if (!asked) answer(error(ErrorCode::kUnavailable, "too many questions wait: try again"));
  };
}

}  // namespace freshet
