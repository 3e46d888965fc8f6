// Serves the console with made-up figures, to look at it without a pipeline:
//   console_preview [port]     (0 or none = any free port, which is printed)
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "sinks/http_api.h"
#include "sinks/http_server.h"
#include "tests/sinks/sample_status.h"

int main(int argc, char** argv) {
  using namespace freshet;
  const SystemClock clock;
  std::atomic<int> second{240};
  HttpRouter router;
  ApiHandlers handlers;
  handlers.ready = [] { return Readiness{.ready = true, .reasons = {}}; };
  handlers.metrics = [] { return std::string("# made-up figures have no metrics\n"); };
  handlers.status = [&] { return sample_status(second++); };
  handlers.recommend = [&](const UserId& user, const ListWish&, auto answer) {
    if (user == "nobody") return answer(error(ErrorCode::kNotFound, "user nobody has no history"));
    RankedList list = sample_status(second).newest_lists.front().list;
    list.user = user;
    answer(list);
  };
  handlers.title_of = [](const RankedItem& item) { return "Title of " + item.name; };
  add_api(router, handlers, clock);

  HttpConfig config;
  config.port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0);
  const auto server = HttpServer::start(config, std::move(router));
  if (!server) {
    std::fprintf(stderr, "%s\n", server.error().text.c_str());
    return 1;
  }
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  std::printf("http://127.0.0.1:%d/\n", (*server)->port());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  return 0;
}
