#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "app/commands/commands.h"
#include "app/commands/config_option.h"
#include "app/commands/init_config.h"
#include "app/commands/kafka_properties.h"
#include "app/commands/table.h"

namespace freshet {
namespace {

constexpr std::size_t kSampleMax = 100'000;

struct InitOptions {
  std::string events;
  std::string brokers;
  std::string topic;
  std::vector<std::string> kafka_properties;
  std::string out = "freshet.yaml";
  std::size_t sample = 2'000;
  bool force = false;
  bool yes = false;

  bool may_ask() const { return !yes && isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0; }
};

/// What the user answers; `standard` for an empty line.
std::string ask(const std::string& question, const std::string& standard) {
  fmt::print("{}{} ", question, standard.empty() ? "" : " [" + standard + "]");
  std::fflush(stdout);
  std::string answer;
  std::getline(std::cin, answer);
  return answer.empty() ? standard : answer;
}

void ask_what_is_missing(InitOptions& options) {
  if (!options.may_ask()) return;
  if (options.events.empty() && options.topic.empty())
    options.events =
        ask("A file of your events (JSON, one a line); empty = look into a topic:", "");
  const InitPlan standard;
  if (options.brokers.empty()) options.brokers = ask("Kafka brokers:", standard.brokers);
  if (options.topic.empty()) options.topic = ask("Topic of your events:", standard.topic);
}

Status check_out(const InitOptions& options) {
  if (options.out == "-" || options.force || !std::filesystem::exists(options.out)) return {};
  return error(ErrorCode::kInvalidConfig,
               options.out + " is there already: name another --out, or --force to overwrite it");
}

Result<EventSample> take_sample(const InitOptions& options, const InitPlan& plan) {
  if (!options.events.empty()) return sample_file(options.events, options.sample);
  auto properties = resolved(plan.properties, process_environment());
  if (!properties) return tl::unexpected(properties.error());
  KafkaSourceConfig from;
  from.brokers = options.brokers;
  from.properties = *std::move(properties);
  return sample_topic(from, options.topic, options.sample);
}

Status write(const InitOptions& options, const std::string& yaml) {
  if (options.out == "-") {
    fmt::print("{}", yaml);
    return {};
  }
  std::ofstream file(options.out, std::ios::trunc);
  file << yaml;
  file.close();
  if (file) return {};
  return error(ErrorCode::kUnavailable, "write " + options.out + ": " + std::strerror(errno) +
                                            "; does its directory exist?");
}

Status init(InitOptions options) {
  log_to_stderr("error");
  FRESHET_RETURN_IF_ERROR(check_out(options));
  auto properties = read_kafka_properties(options.kafka_properties, process_environment());
  if (!properties) return tl::unexpected(properties.error());
  ask_what_is_missing(options);
  if (options.events.empty() && options.topic.empty()) {
    return error(ErrorCode::kInvalidConfig,
                 "nothing to look at: name a file of events (--events events.jsonl) or a topic "
                 "(--brokers HOST:PORT --topic NAME)");
  }
  InitPlan plan;
  plan.properties = *std::move(properties);
  if (!options.brokers.empty()) plan.brokers = options.brokers;
  if (!options.topic.empty()) plan.topic = options.topic;
  options.brokers = plan.brokers;
  auto sample = take_sample(options, plan);
  if (!sample) return tl::unexpected(sample.error());
  plan.sample = std::move(*sample);
  FRESHET_RETURN_IF_ERROR(make_plan(plan));
  const std::string yaml = init_yaml(plan);
  if (const auto config = load_config(yaml, process_environment()); !config)
    return error(ErrorCode::kInternal, "the proposal is not valid: " + config.error().text);

  // With the file on stdout the table must not come between.
  std::FILE* const shown = options.out == "-" ? stderr : stdout;
  fmt::print(shown, "{} records of {}\n\n{}{}", plan.sample.records.size(), plan.sample.from,
             field_table(plan, shown == stdout && stdout_is_styled()), summary(plan));
  if (options.may_ask()) {
    const std::string answer = ask(fmt::format("\nWrite {}? (y/n)", options.out), "y");
    if (std::cin.eof() || (answer != "y" && answer != "Y" && answer != "yes"))
      return error(ErrorCode::kInvalidConfig, "nothing was written");
  }
  FRESHET_RETURN_IF_ERROR(write(options, yaml));
  if (options.out != "-") fmt::print("\nwritten: {0}; next: freshet validate {0}\n", options.out);
  return {};
}

}  // namespace

void add_init_command(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<InitOptions>();
  CLI::App* command = app.add_subcommand(
      "init", "Writes a configuration that fits your events, from a sample of them");
  command->add_option("--events", options->events, "JSONL file to look at, plain or packed");
  command->add_option("--brokers", options->brokers, "Kafka brokers (default: 127.0.0.1:9092)");
  command->add_option("--topic", options->topic,
                      "Topic of your events; looked at unless --events names a file");
  command
      ->add_option("--kafka-property", options->kafka_properties,
                   "librdkafka's KEY=VALUE, any number of times; a secret as '${NAME}' or "
                   "'${file:PATH}'")
      ->allow_extra_args(false);
  command->add_option("--out", options->out, "File to write; - = stdout")->capture_default_str();
  command->add_option("--sample", options->sample, "Records to look at")
      ->check(CLI::Range(std::size_t{1}, kSampleMax))
      ->capture_default_str();
  command->add_flag("--force", options->force, "Overwrite the file if it is there");
  command->add_flag("--yes", options->yes, "Ask nothing");
  command->footer(
      "Examples:  freshet init --events events.jsonl.gz\n"
      "           freshet init --brokers kafka:9092 --topic clicks --out clicks.yaml\n"
      "           freshet init --brokers kafka:9093 --topic clicks \\\n"
      "             --kafka-property security.protocol=sasl_ssl --kafka-property "
      "sasl.mechanism=PLAIN \\\n"
      "             --kafka-property sasl.username=me --kafka-property "
      "sasl.password='${KAFKA_PASSWORD}'");
  command->callback([options, &chosen] { chosen = [options] { return init(*options); }; });
}

}  // namespace freshet
