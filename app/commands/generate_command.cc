#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "app/commands/commands.h"
#include "app/commands/config_option.h"
#include "app/commands/progress_bar.h"
#include "app/commands/stop_signals.h"
#include "app/demo/clickstream_generator.h"
#include "app/demo/generated_feed.h"

namespace freshet {
namespace {

struct GenerateOptions {
  ConfigOption config;
  std::uint64_t seed = 1;
  double rate = 500;
  std::uint64_t count = 0;
  std::string topic = "events";
  bool to_kafka = false;
};

/// Prints `count` records of one topic as JSON lines, as fast as possible.
Status print_records(const GenerateOptions& options, const GeneratorConfig& generator_config) {
  const SystemClock clock;
  ClickstreamGenerator generator(generator_config, clock.now());
  const auto topic = options.topic == "items" ? GeneratedTopic::kItems : GeneratedTopic::kEvents;
  const std::uint64_t count = options.count == 0 ? 10'000 : options.count;
  ProgressBar bar("generate", clock);
  for (std::uint64_t n = 0; n < count;) {
    const GeneratedRecord record = generator.next();
    if (record.topic != topic) continue;
    if (std::fwrite(record.value.data(), 1, record.value.size(), stdout) != record.value.size() ||
        std::fputc('\n', stdout) == EOF) {
      return error(ErrorCode::kUnavailable, "write to stdout: no room, or the reader is gone");
    }
    if (++n % 1'000 == 0 || n == count) bar.show(n, count, fmt::format("{} records", n));
  }
  return {};
}

/// Writes events and items to the configured topics, in real time, until a signal comes.
Status write_to_kafka(const GenerateOptions& options, const GeneratorConfig& generator_config) {
  StopSignals signals;
  log_to_stderr("error");
  auto config = options.config.load();
  if (!config) return tl::unexpected(config.error());
  KafkaRecordWriter::Options to;
  to.brokers = config->ingest.kafka.brokers;
  to.topic = config->ingest.kafka.events_topic;
  to.properties = config->ingest.kafka.properties;
  auto events = KafkaRecordWriter::open(to);
  if (!events) return tl::unexpected(events.error());
  to.topic = config->ingest.kafka.items_topic;
  auto items = KafkaRecordWriter::open(to);
  if (!items) return tl::unexpected(items.error());
  const SystemClock clock;
  fmt::print(stderr, "writing {:.0f} events/s to {}; Ctrl-C ends\n", options.rate,
             config->ingest.kafka.brokers);
  FRESHET_RETURN_IF_ERROR(
      feed_generated(generator_config, {**events, **items, clock, {}, 0}, signals.token()));
  return (*events)->flush(std::chrono::seconds{10});
}

}  // namespace

void add_generate_command(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<GenerateOptions>();
  CLI::App* command = app.add_subcommand(
      "generate", "Makes a clickstream with structure worth learning, on stdout or in Kafka");
  options->config.add_to(*command);
  command->add_option("--seed", options->seed, "Same seed, same stream")->capture_default_str();
  command->add_option("--rate", options->rate, "Events per second of event time")
      ->check(CLI::Range(1.0, 1e6))
      ->capture_default_str();
  command->add_option("--count", options->count, "Records to print (default 10000)");
  command->add_option("--topic", options->topic, "Which records to print: events or items")
      ->check(CLI::IsMember({"events", "items"}))
      ->capture_default_str();
  command->add_flag("--to-kafka", options->to_kafka,
                    "Write both topics of --config in real time, until Ctrl-C");
  command->footer("Example:  freshet generate --count 100000 > events.jsonl");
  command->callback([options, &chosen] {
    chosen = [options] {
      GeneratorConfig generator;
      generator.seed = options->seed;
      generator.events_per_second = options->rate;
      return options->to_kafka ? write_to_kafka(*options, generator)
                               : print_records(*options, generator);
    };
  });
}

}  // namespace freshet
