#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "app/commands/commands.h"
#include "app/commands/config_option.h"
#include "ingest/kafka_admin.h"

namespace freshet {
namespace {

struct TopicsOptions {
  ConfigOption config;
  std::size_t partitions = 4;
  std::size_t replicas = 0;
};

std::vector<NewTopic> topics_of(const Config& config, const TopicsOptions& options) {
  const std::map<std::string, std::string> compacted{{"cleanup.policy", "compact"}};
  // The broker's time, for a sender's clock must not say until when a user is forgotten; and the
  // tombstones stay for longer than events and snapshots do.
  const std::map<std::string, std::string> users{{"cleanup.policy", "compact"},
                                                 {"message.timestamp.type", "LogAppendTime"},
                                                 {"delete.retention.ms", "2592000000"}};
  std::vector<NewTopic> topics;
  const auto add = [&](const std::string& name, std::size_t partitions, auto settings) {
    if (!name.empty()) topics.push_back({name, partitions, options.replicas, settings});
  };
  add(config.ingest.kafka.events_topic, options.partitions, std::map<std::string, std::string>{});
  add(config.ingest.kafka.items_topic, 1, compacted);
  add(config.ingest.kafka.users_topic, 1, users);
  add(config.ingest.kafka.rules_topic, 1, compacted);
  add(config.sinks.kafka.lists_topic, options.partitions, compacted);
  add(config.sinks.kafka.dead_letters_topic, 1, std::map<std::string, std::string>{});
  add(config.sinks.kafka.owners_topic, 1, compacted);
  add(config.sinks.kafka.related_topic, options.partitions, compacted);
  return topics;
}

Status create(const TopicsOptions& options) {
  log_to_stderr("error");
  auto config = options.config.load();
  if (!config) return tl::unexpected(config.error());
  auto admin = KafkaAdmin::open(config->ingest.kafka);
  if (!admin) return tl::unexpected(admin.error());
  for (const NewTopic& topic : topics_of(*config, options)) {
    auto created = (*admin)->create(topic);
    if (!created) return tl::unexpected(created.error());
    fmt::print("{:<10} {} ({} partitions)\n", *created ? "created" : "was there", topic.name,
               topic.partition_count);
  }
  return {};
}

}  // namespace

void add_topics_command(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<TopicsOptions>();
  CLI::App* topics = app.add_subcommand("topics", "Looks after the Kafka topics");
  topics->require_subcommand(1);
  CLI::App* command = topics->add_subcommand("create", "Creates the topics that are missing");
  options->config.add_to(*command);
  command->add_option("--partitions", options->partitions, "Partitions of events and lists")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  command->add_option("--replicas", options->replicas, "Copies of each; 0 = the broker's default")
      ->capture_default_str();
  command->footer("Example:  freshet topics create --config freshet.yaml --partitions 12");
  command->callback([options, &chosen] { chosen = [options] { return create(*options); }; });
}

}  // namespace freshet
