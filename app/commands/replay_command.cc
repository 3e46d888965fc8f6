#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "app/commands/commands.h"
#include "app/commands/config_option.h"
#include "app/commands/file_replay.h"
#include "app/commands/stop_signals.h"

namespace freshet {

void add_replay_command(CLI::App& app, Command& chosen) {
  struct Options {
    ConfigOption config;
    ReplayOptions replay;
    std::string to = "pipeline";
  };
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "replay", "Replays files of events, through the pipeline here or into Kafka");
  options->config.add_to(*command);
  command->add_option("files", options->replay.paths, "JSONL or CSV, plain, gzip, xz or zstd")
      ->required();
  command
      ->add_option("--to", options->to, "pipeline: lists to a file; kafka: into the events topic")
      ->check(CLI::IsMember({"pipeline", "kafka"}))
      ->capture_default_str();
  command
      ->add_option("--speed", options->replay.speed,
                   "N times real time by event time; 0 = as fast as possible")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command
      ->add_option("--rate", options->replay.rate,
                   "Records per second into Kafka; 0 = as fast as possible")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command
      ->add_option("--lists", options->replay.lists_path, "Where lists go (pipeline); - = stdout")
      ->capture_default_str();
  command
      ->add_option("--dead-letters", options->replay.dead_letters_path,
                   "Where dead letters go (pipeline); - = stderr")
      ->capture_default_str();
  command->footer(
      "Examples:  freshet replay --config config/ga4.yaml events.jsonl.gz --lists lists.jsonl\n"
      "           freshet replay --config freshet.yaml --to kafka --speed 10 events.jsonl");
  command->callback([options, &chosen] {
    chosen = [options]() -> Status {
      StopSignals signals;
      log_to_stderr("error");
      auto config = options->config.load();
      if (!config) return tl::unexpected(config.error());
      return options->to == "kafka" ? replay_into_kafka(*config, options->replay, signals.token())
                                    : replay_here(*config, options->replay, signals.token());
    };
  });
}

}  // namespace freshet
