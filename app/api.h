#pragma once

#include <functional>

#include "app/engine.h"
#include "app/pipeline_figures.h"
#include "app/title_book.h"
#include "sinks/http_api.h"

namespace freshet {

/// What the HTTP API asks. All outlive the server.
struct ApiParts {
  Engine& engine;
  const PipelineFigures& figures;
  const TitleBook& titles;
  const prometheus::Registry& registry;
  std::function<bool()> items_are_read;
};

/// Joins the API's routes to the engine and its figures.
ApiHandlers make_api_handlers(ApiParts parts);

}  // namespace freshet
