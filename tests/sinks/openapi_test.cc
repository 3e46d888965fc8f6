#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>
#include <string>

#include "sinks/console_assets.h"
#include "sinks/http_api.h"
#include "tests/sinks/sample_lists.h"

namespace freshet {
namespace {

/// Every function is set, so that every route is there; none is called.
ApiHandlers all_handlers() {
  ApiHandlers handlers;
  handlers.metrics = [] { return std::string(); };
  handlers.ready = [] { return Readiness(); };
  handlers.status = [] { return StatusFigures(); };
  handlers.history = [](std::chrono::seconds) { return FigureColumns(); };
  handlers.dead_letters = [] { return std::vector<ShownDeadLetter>(); };
  handlers.recommend = [](const auto&, const auto&, const auto&) {};
  handlers.recommend_session = [](const auto&, const auto&, const auto&) {};
  handlers.user = [](const auto&, const auto&) {};
  handlers.watch = [](const auto&, const auto&) {};
  handlers.accept_event = [](const auto&, const auto&) {};
  handlers.explain = [](const auto&, const auto&, const auto&, const auto&) {};
  handlers.trending = [](const auto&, const auto&) {};
  handlers.newest = [](const auto&, const auto&) {};
  handlers.model = handlers.save_version = handlers.roll_back = [](const auto&) {};
  handlers.promote = [](auto, const auto&) {};
  handlers.freeze = [](auto, const auto&) {};
  handlers.items = [](const auto&, const auto&) {};
  handlers.item = [](const auto&, const auto&) {};
  handlers.related = [](const auto&, auto, const auto&) {};
  handlers.bundle = [](const auto&, const auto&) {};
  handlers.similar = [](const auto&, auto, const auto&) {};
  return handlers;
}

/// The operations of the contract as "METHOD pattern": paths stand two spaces in, methods four.
std::set<std::string> documented() {
  std::ifstream file(FRESHET_OPENAPI);
  const std::regex path_line("^  (/\\S*):$");
  const std::regex method_line("^    (get|post):$");
  std::set<std::string> operations;
  std::smatch found;
  std::string path;
  for (std::string line; std::getline(file, line);) {
    if (std::regex_match(line, found, path_line)) path = found[1];
    if (std::regex_match(line, found, method_line))
      operations.insert((found[1] == "get" ? "GET " : "POST ") + path);
  }
  return operations;
}

std::set<std::string> served() {
  const StoppedClock clock(at_ms(0));
  HttpRouter router;
  add_api(router, all_handlers(), clock);
  const auto routes = router.routes();
  std::set<std::string> operations(routes.begin(), routes.end());
  for (const ConsoleAsset& asset : console_assets())
    if (asset.path != "/openapi.yaml") operations.erase("GET " + std::string(asset.path));
  return operations;
}

/// Agreed upon, but made by nothing yet.
const std::set<std::string> kNotYet;

TEST(OpenApi, ListsExactlyWhatIsServed) {
  std::set<std::string> expected = served();
  for (const std::string& operation : kNotYet)
    EXPECT_TRUE(expected.insert(operation).second) << operation << " is there: leave it out here";
  EXPECT_EQ(documented(), expected);
}

}  // namespace
}  // namespace freshet
