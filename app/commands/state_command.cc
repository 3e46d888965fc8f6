#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "app/commands/commands.h"
#include "app/commands/config_option.h"
#include "app/commands/state_repartition.h"
#include "app/commands/user_traces.h"

namespace freshet {
namespace {

struct StateOptions {
  ConfigOption config;
  RepartitionOptions repartition;
  std::string partitioner = "murmur2";
};

struct FindOptions {
  ConfigOption config;
  std::string user;
  bool json = false;
  bool offline = false;
};

Status find(const FindOptions& options) {
  log_to_stderr("error");
  auto config = options.config.load();
  if (!config) return tl::unexpected(config.error());
  const auto found = find_user_traces(*config, options.user, !options.offline);
  if (!found) return tl::unexpected(found.error());
  if (options.json) {
    fmt::print("{}\n", to_json(options.user, *found));
  } else {
    for (const UserTrace& trace : found->traces)
      fmt::print("trace  {}: {}\n", trace.place, trace.what);
    for (const UserTrace& note : found->notes) fmt::print("note   {}: {}\n", note.place, note.what);
    fmt::print("looked at {} databases, {} snapshots, {} files of the model, {}\n",
               found->databases, found->snapshots, found->model_files,
               options.offline ? "not at Kafka" : fmt::format("{} lists", found->lists));
  }
  if (found->traces.empty()) return {};
  return error(ErrorCode::kNotFound,
               fmt::format("{} traces of {}", found->traces.size(), options.user));
}

void add_find_command(CLI::App& state, Command& chosen) {
  auto options = std::make_shared<FindOptions>();
  CLI::App* command = state.add_subcommand(
      "find", "Says what is kept of a user, and where; exits with 0 if nothing");
  command->add_option("user", options->user, "The user's id")->required();
  options->config.add_to(*command);
  command->add_flag("--json", options->json, "Print JSON");
  command->add_flag("--offline", options->offline, "Do not read the lists' topic");
  command->footer("Example:  freshet state find u-7 --config freshet.yaml");
  command->callback([options, &chosen] { chosen = [options] { return find(*options); }; });
}

Status repartition(StateOptions& options) {
  log_to_stderr("error");
  auto config = options.config.load();
  if (!config) return tl::unexpected(config.error());
  options.repartition.partitioner =
      options.partitioner == "crc32" ? Partitioner::kCrc32 : Partitioner::kMurmur2;
  const SystemClock clock;
  const auto figures = repartition_state(*config, options.repartition, clock);
  if (!figures) return tl::unexpected(figures.error());
  fmt::print(
      "{} users dealt out to {} partitions, {} of them moved, with {} owed lists; {} dead letters "
      "stayed; all compared. The states before lie in {}/of-{}: remove them when all is well.\n",
      figures->users, options.repartition.to, figures->moved_users, figures->owed_lists,
      figures->dead_letters, config->state.directory, options.repartition.from);
  return {};
}

}  // namespace

void add_state_command(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<StateOptions>();
  CLI::App* state = app.add_subcommand("state", "Looks after the users' states");
  state->require_subcommand(1);
  add_find_command(*state, chosen);
  CLI::App* command = state->add_subcommand(
      "repartition", "Deals the states out anew after the topic was given more partitions");
  options->config.add_to(*command);
  command->add_option("--from", options->repartition.from, "Partitions before")->required();
  command->add_option("--to", options->repartition.to, "Partitions now")->required();
  command
      ->add_option("--partitioner", options->partitioner,
                   "How producers choose a partition from the key: murmur2 (Kafka's clients) or "
                   "crc32 (librdkafka's default)")
      ->check(CLI::IsMember({"murmur2", "crc32"}))
      ->capture_default_str();
  command->add_flag("--allow-missing", options->repartition.allow_missing,
                    "Partitions without a state have no users");
  command->footer("Example:  freshet state repartition --config freshet.yaml --from 4 --to 12");
  command->callback([options, &chosen] { chosen = [options] { return repartition(*options); }; });
}

}  // namespace freshet
