#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "app/commands/commands.h"
#include "app/commands/config_option.h"
#include "app/commands/live_line.h"
#include "app/commands/stop_signals.h"
#include "app/kafka/kafka_pipeline.h"

namespace freshet {
namespace {

struct RunOptions {
  ConfigOption config;
  std::string log_level = "info";
  bool live = false;
};

Status run(const RunOptions& options) {
  StopSignals signals;
  // Until it runs, the error that ends it says everything: one line.
  log_to_stderr(options.log_level == "debug" ? "debug" : "error");
  auto config = options.config.load();
  if (!config) return tl::unexpected(config.error());
  const SystemClock clock;
  auto pipeline = KafkaPipeline::start(*config, clock);
  if (!pipeline) return tl::unexpected(pipeline.error());
  spdlog::set_level(spdlog::level::from_str(options.log_level));
  if ((*pipeline)->http_port() != 0) {
    const HttpConfig& http = config->sinks.http;
    fmt::print("console: {}://{}:{}/\n", http.tls_certificate.empty() ? "http" : "https",
               http.address, (*pipeline)->http_port());
    std::fflush(stdout);
  }
  return (*pipeline)->run(signals.token(), [&](const StatusFigures& figures) {
    if (!options.live) return;
    fmt::print("{}\n", live_line(figures));
    std::fflush(stdout);
  });
}

}  // namespace

void add_run_command(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* command = app.add_subcommand("run", "Runs the main job on Kafka until SIGTERM");
  options->config.add_to(*command);
  command->add_option("--log-level", options->log_level, "debug, info, warn or error")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
      ->capture_default_str();
  command->add_flag("--live", options->live, "Print a line of figures each second");
  command->footer("Example:  freshet run --config freshet.yaml --live");
  command->callback([options, &chosen] { chosen = [options] { return run(*options); }; });
}

}  // namespace freshet
