#pragma once

#include <functional>

#include "app/engine/engine.h"
#include "app/figures/pipeline_figures.h"
#include "app/figures/title_book.h"
#include "app/http/event_intake.h"
#include "app/http/list_watchers.h"
#include "app/http/owner_book.h"
#include "sinks/http_api.h"

namespace freshet {

/// What the HTTP API asks. All outlive the server.
struct ApiParts {
  const Config& config;
  const Clock& clock;
  Engine& engine;
  const PipelineFigures& figures;
  const TitleBook& titles;
  const prometheus::Registry& registry;
  ListWatchers& watchers;
  std::function<bool()> items_are_read;
  const OwnerBook* owners = nullptr;  ///< Null = instances do not tell what they own.
  EventIntake* intake = nullptr;      ///< Null = events are not taken.
};

/// Joins the API's routes to the engine and its figures.
ApiHandlers make_api_handlers(ApiParts parts);

/// The answer when a thread has too many questions to take one more.
inline tl::unexpected<Error> too_busy() {
  return error(ErrorCode::kUnavailable, "too many questions wait: try again");
}

/// Values of declared context keys, by their place; "" = not given. Errors: kInvalidConfig, a key
/// is not declared.
Result<std::vector<std::string>> context_of(const std::map<std::string, std::string>& given,
                                            const Config& config);

// Parts of make_api_handlers.
void add_list_handlers(const ApiParts& parts, ApiHandlers& handlers);
void add_item_handlers(const ApiParts& parts, ApiHandlers& handlers);
void add_model_handlers(const ApiParts& parts, ApiHandlers& handlers);

}  // namespace freshet
