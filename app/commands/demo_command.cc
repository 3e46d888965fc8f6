#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <thread>

#include "app/commands/commands.h"
#include "app/commands/config_option.h"
#include "app/commands/live_line.h"
#include "app/commands/scratch_directory.h"
#include "app/commands/stop_signals.h"
#include "app/demo/embedded_broker.h"
#include "app/demo/generated_feed.h"
#include "app/engine/thread_names.h"
#include "app/kafka/kafka_pipeline.h"
#include "config/stop_wait.h"

namespace freshet {
namespace {

constexpr std::size_t kPartitions = 4;
constexpr std::chrono::milliseconds kAskedEvery{20};
/// The embedded broker keeps about 5 MiB per partition: the producer must not run further ahead.
constexpr std::int64_t kLagMax = 8'000;

struct DemoOptions {
  ConfigOption config;
  std::string duration = "0s";
  double rate = 500;
  std::uint64_t seed = 1;
  std::uint16_t port = 8080;
};

Result<Config> demo_config(const DemoOptions& options, const std::string& brokers,
                           const std::string& directory) {
  auto config = options.config.load();
  if (!config) return config;
  // The demo shows every expert; a shop of this size has the cores for all of them.
  if (options.config.path.empty()) config->scoring.network.enabled = true;
  config->ingest.kafka.brokers = config->sinks.kafka.brokers = brokers;
  config->state.directory = directory + "/state";
  config->scoring.learning.directory = directory + "/model";
  config->sinks.http.port = options.port;
  config->sinks.http.accept_events = true;
  // An empty fetch holds the embedded broker's answer for its whole length.
  config->ingest.kafka.fetch_wait_max = std::chrono::milliseconds{1};
  return config;
}

Status create_topics(EmbeddedBroker& broker, const Config& config) {
  FRESHET_RETURN_IF_ERROR(broker.create_topic(config.ingest.kafka.events_topic, kPartitions));
  FRESHET_RETURN_IF_ERROR(broker.create_topic(config.ingest.kafka.items_topic, 1));
  FRESHET_RETURN_IF_ERROR(broker.create_topic(config.sinks.kafka.lists_topic, kPartitions));
  return broker.create_topic(config.sinks.kafka.dead_letters_topic, 1);
}

Result<std::unique_ptr<KafkaRecordWriter>> open_writer(const Config& config,
                                                       const std::string& topic) {
  KafkaRecordWriter::Options options;
  options.brokers = config.ingest.kafka.brokers;
  options.topic = topic;
  options.linger = std::chrono::milliseconds{0};
  return KafkaRecordWriter::open(options);
}

std::int64_t total_lag(const StatusFigures& figures) {
  std::int64_t lag = 0;
  for (const PartitionLag& partition : figures.lag) lag += partition.lag_records;
  return lag;
}

/// Runs the generated shop beside the pipeline, from its first look at the topics on, until the
/// time is up or a signal comes.
Status run_shop(const DemoOptions& options, const Config& config, KafkaPipeline& pipeline,
                StopSignals& signals, const Clock& clock) {
  auto events = open_writer(config, config.ingest.kafka.events_topic);
  if (!events) return tl::unexpected(events.error());
  auto items = open_writer(config, config.ingest.kafka.items_topic);
  if (!items) return tl::unexpected(items.error());
  GeneratorConfig generator;
  generator.seed = options.seed;
  generator.events_per_second = options.rate;
  std::jthread shop([&](std::stop_token stop) {
    name_this_thread("shop");
    // What is done before would stand in the log as a backlog, and be the first thing the plots
    // show.
    while (!stop.stop_requested() && pipeline.status().lag.size() < kPartitions)
      wait_for(kAskedEvery, stop);
    const Status done = feed_generated(
        generator,
        {**events, **items, clock, [&] { return total_lag(pipeline.status()); }, kLagMax}, stop);
    if (!done) spdlog::error("generated clickstream: {}", done.error().text);
  });

  const auto limit = std::chrono::seconds(std::stoll(options.duration));
  const SteadyTime begin = clock.steady_now();
  return pipeline.run(signals.token(), [&](const StatusFigures& figures) {
    fmt::print("{}\n", live_line(figures));
    std::fflush(stdout);
    if (limit.count() > 0 && clock.steady_now() - begin >= limit) signals.request_stop();
  });
}

Status demo(const DemoOptions& options) {
  StopSignals signals;
  log_to_stderr("error");
  const SystemClock clock;
  auto broker = EmbeddedBroker::start();
  if (!broker) return tl::unexpected(broker.error());
  auto directory = ScratchDirectory::create();
  if (!directory) return tl::unexpected(directory.error());
  auto config = demo_config(options, (*broker)->brokers(), directory->path());
  if (!config) return tl::unexpected(config.error());
  FRESHET_RETURN_IF_ERROR(create_topics(**broker, *config));

  auto pipeline = KafkaPipeline::start(*config, clock);
  if (!pipeline) return tl::unexpected(pipeline.error());
  fmt::print(
      "Freshet demo: a generated shop at {:.0f} events/s, an embedded Kafka broker at {}.\n"
      "Open http://{}:{}/ for the console; Ctrl-C ends.\n\n",
      options.rate, (*broker)->brokers(), config->sinks.http.address, (*pipeline)->http_port());
  std::fflush(stdout);
  FRESHET_RETURN_IF_ERROR(run_shop(options, *config, **pipeline, signals, clock));
  fmt::print("\n{}", summary((*pipeline)->status()));
  return {};
}

}  // namespace

void add_demo_command(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<DemoOptions>();
  CLI::App* command = app.add_subcommand(
      "demo", "Runs the main job with no outside parts, on a generated clickstream");
  options->config.add_to(*command);
  command
      ->add_option("--for", options->duration,
                   "End by itself after this time, e.g. 60s (0s: never)")
      ->check(CLI::Validator(
          [](std::string& text) {
            const bool ok = text.size() > 1 && text.back() == 's' &&
                            text.find_first_not_of("0123456789") == text.size() - 1;
            return ok ? std::string() : "a time such as 60s, not \"" + text + "\"";
          },
          "TIME"))
      ->capture_default_str();
  command->add_option("--rate", options->rate, "Events per second")
      ->check(CLI::Range(1.0, 100'000.0))
      ->capture_default_str();
  command->add_option("--seed", options->seed, "Seed of the clickstream")->capture_default_str();
  command->add_option("--port", options->port, "Port of the console; 0 = any free one")
      ->capture_default_str();
  command->footer("Example:  freshet demo --for 60s --rate 1000");
  command->callback([options, &chosen] { chosen = [options] { return demo(*options); }; });
}

}  // namespace freshet
