#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "config/result.h"
#include "config/time.h"
#include "scoring/ranked_list.h"
#include "sinks/http_router.h"
#include "sinks/list_codec.h"
#include "sinks/status_figures.h"

namespace freshet {

/// Whether lists are being made, and if not, why not.
struct Readiness {
  bool ready = false;
  std::vector<std::string> reasons;  ///< For people; empty when ready.
};

/// Somebody wants a list.
struct ListQuestion {
  std::string user;
  std::size_t count = 0;  ///< Items at most; 0 = the configured size.
  std::string scenario;   ///< Empty = the default one.
};

/// Where the API gets its answers. Each is called on the server's thread and must not block; a
/// route whose function is not set does not exist.
struct ApiHandlers {
  /// Prometheus text format.
  std::function<std::string()> metrics;
  std::function<Readiness()> ready;
  std::function<StatusFigures()> status;
  /// Calls back, from any thread, with the list.
  std::function<void(const ListQuestion& question, std::function<void(Result<RankedList>)> answer)>
      recommend;
  std::function<void(std::string item, std::size_t count,
                     std::function<void(Result<std::vector<RankedItem>>)> answer)>
      related;
  /// Adds titles to the items of answers; may be left out. Must be thread-safe.
  TitleOf title_of;
};

/// Most items one question may ask for.
inline constexpr std::size_t kApiCountMax = 500;

/// Adds the console at /, /metrics, /healthz, /readyz and /v1/... (docs/api.md).
/// `clock` must outlive every answer.
void add_api(HttpRouter& router, const ApiHandlers& handlers, const Clock& clock);

/// Adds the console's page and its files.
void add_console(HttpRouter& router);

}  // namespace freshet
