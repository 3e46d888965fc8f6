#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <memory>

#include "app/commands/commands.h"
#include "app/commands/config_option.h"
#include "sinks/kafka_record_writer.h"

namespace freshet {
namespace {

using namespace std::chrono_literals;

constexpr auto kFlushWait = 60s;

struct ForgetOptions {
  ConfigOption config;
  std::vector<std::string> users;
  std::string file;
};

/// Adds the users of a file, one a line; empty lines do not count.
Status add_users(const std::string& path, std::vector<std::string>& users) {
  if (path.empty()) return {};
  std::ifstream file(path);
  if (!file) return error(ErrorCode::kNotFound, "read " + path + ": it cannot be opened");
  for (std::string line; std::getline(file, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) users.push_back(line);
  }
  return {};
}

Status forget(ForgetOptions& options) {
  log_to_stderr("error");
  auto config = options.config.load();
  if (!config) return tl::unexpected(config.error());
  const std::string& topic = config->ingest.kafka.users_topic;
  if (topic.empty()) {
    return error(ErrorCode::kInvalidConfig,
                 "ingest.kafka.users_topic: empty, so nobody would learn of it: name the topic, "
                 "make it with `freshet topics create`, and restart all instances");
  }
  FRESHET_RETURN_IF_ERROR(add_users(options.file, options.users));
  if (options.users.empty())
    return error(ErrorCode::kInvalidConfig, "name the users to forget, or a --file of them");
  for (const std::string& user : options.users)
    if (user.empty()) return error(ErrorCode::kInvalidConfig, "a user's id is empty");

  KafkaRecordWriter::Options to;
  to.brokers = config->ingest.kafka.brokers;
  to.topic = topic;
  to.properties = config->ingest.kafka.properties;
  auto writer = KafkaRecordWriter::open(to);
  if (!writer) return tl::unexpected(writer.error());
  for (const std::string& user : options.users)
    FRESHET_RETURN_IF_ERROR((*writer)->write(user, std::nullopt));
  FRESHET_RETURN_IF_ERROR((*writer)->flush(kFlushWait));
  if ((*writer)->failed_total() > 0) {
    return error(ErrorCode::kUnavailable,
                 fmt::format("{} of {} tombstones were not acknowledged by {}: send all again",
                             (*writer)->failed_total(), options.users.size(), topic));
  }
  fmt::print("{} tombstones written to {}; `freshet state find USER` tells when all is gone\n",
             options.users.size(), topic);
  return {};
}

}  // namespace

void add_forget_command(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<ForgetOptions>();
  CLI::App* command = app.add_subcommand("forget", "Forgets users: what is kept of them is erased");
  command->add_option("users", options->users, "Ids of the users");
  command->add_option("--file", options->file, "File of ids, one a line");
  options->config.add_to(*command);
  command->footer("Example:  freshet forget u-7 u-9 --config freshet.yaml");
  command->callback([options, &chosen] { chosen = [options] { return forget(*options); }; });
}

}  // namespace freshet
