#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <sstream>

#include "app/commands/commands.h"
#include "app/commands/config_option.h"
#include "app/commands/dead_letter_lines.h"
#include "app/commands/dead_letter_replay.h"
#include "app/commands/table.h"
#include "config/unit_text.h"
#include "ingest/dead_letter.h"
#include "ingest/time_reader.h"
#include "sinks/json_text.h"

namespace freshet {
namespace {

constexpr std::size_t kCountMax = 10'000;
constexpr std::size_t kDetailWidth = 300;

struct DeadLetterOptions {
  ConfigOption config;
  std::size_t count = 20;
  std::string reason;
  std::string since;
  bool json = false;
  // Of replay:
  std::string file;
  std::vector<std::string> places;
  bool all = false;
  bool dry_run = false;
  bool yes = false;
  bool again = false;
};

/// The cluster of the dead-letter topic.
KafkaSourceConfig cluster_of(const Config& config) {
  KafkaSourceConfig from = config.ingest.kafka;
  from.brokers = config.sinks.kafka.brokers;
  return from;
}

std::string time_text(const std::optional<EventTime>& time) {
  return time ? to_utc_text(*time) : "";
}

/// "2h" before now, or a time.
Result<std::optional<EventTime>> parse_since(const std::string& text) {
  if (text.empty()) return std::optional<EventTime>();
  if (const auto back = parse_duration(text)) {
    const auto now = SystemClock().now();
    return std::optional(now - std::chrono::duration_cast<std::chrono::milliseconds>(*back));
  }
  if (const auto time = parse_time(text)) return std::optional(*time);
  return error(ErrorCode::kInvalidConfig,
               "--since " + text +
                   ": neither a duration (30m, 2h, 1d) nor a time (2026-09-01 or "
                   "2026-09-01T08:00:00Z, UTC)");
}

Result<DeadLetterQuery> query_of(const DeadLetterOptions& options) {
  auto since = parse_since(options.since);
  if (!since) return tl::unexpected(since.error());
  DeadLetterQuery query{options.count, options.reason, *since, {}};
  for (const std::string& text : options.places) {
    const auto place = parse_source(text);
    if (!place)
      return error(ErrorCode::kInvalidConfig,
                   text + ": name a dead letter as `list` does, PARTITION:OFFSET, such as 0:12");
    query.places.push_back(*place);
  }
  return query;
}

/// `lines[k]` are shown below the table's row k.
void print_with_details(const Table& table, const std::vector<std::string>& details) {
  std::istringstream lines(table.text(stdout_is_styled()));
  std::string line;
  for (std::size_t k = 0; std::getline(lines, line); ++k)
    fmt::print("{}\n{}", line, k == 0 ? "" : details[k - 1]);
}

std::string detail(const std::string& name, const std::string& text) {
  if (text.empty()) return "";
  return fmt::format("    {:<7} {}\n", name, for_terminal(valid_utf8(text), kDetailWidth));
}

void print_letters(const std::vector<StoredDeadLetter>& letters) {
  Table table({"letter", "time (UTC)", "reason", "came from", "replayed (UTC)"});
  std::vector<std::string> details;
  for (const StoredDeadLetter& letter : letters) {
    table.add({format_source(letter.place), time_text(letter.time), letter.reason,
               letter.topic + "/" + format_source(letter.source), time_text(letter.replayed_time)});
    details.push_back(detail("why", letter.text) + detail("key", letter.key) +
                      detail(letter.cut ? "begins" : "record", letter.value));
  }
  print_with_details(table, details);
}

Status list(const DeadLetterOptions& options) {
  log_to_stderr("error");
  const auto config = options.config.load();
  if (!config) return tl::unexpected(config.error());
  const auto query = query_of(options);
  if (!query) return tl::unexpected(query.error());
  const auto letters =
      read_dead_letters(cluster_of(*config), config->sinks.kafka.dead_letters_topic, *query);
  if (!letters) return tl::unexpected(letters.error());
  if (options.json || isatty(STDOUT_FILENO) == 0) {
    for (const StoredDeadLetter& letter : *letters) fmt::print("{}\n", to_json_line(letter));
  } else if (letters->empty()) {
    fmt::print("no dead letters{}\n",
               options.reason.empty() && options.since.empty() ? "" : " like these");
  } else {
    print_letters(*letters);
  }
  return {};
}

/// What shall be sent, and the same letters as they stand in the topic now.
struct Chosen {
  std::vector<StoredDeadLetter> mended;
  std::vector<StoredDeadLetter> stored;
};

Result<Chosen> choose(const DeadLetterOptions& options, const Config& config) {
  auto query = query_of(options);
  if (!query) return tl::unexpected(query.error());
  Chosen chosen;
  if (!options.file.empty()) {
    auto mended = read_dead_letter_file(options.file);
    if (!mended) return tl::unexpected(mended.error());
    chosen.mended = std::move(*mended);
    for (const StoredDeadLetter& letter : chosen.mended) query->places.push_back(letter.place);
    if (chosen.mended.empty()) return chosen;
  }
  auto stored =
      read_dead_letters(cluster_of(config), config.sinks.kafka.dead_letters_topic, *query);
  if (!stored) return tl::unexpected(stored.error());
  chosen.stored = std::move(*stored);
  if (options.file.empty()) chosen.mended = chosen.stored;
  if (options.file.empty() && chosen.stored.size() < query->places.size())
    return error(ErrorCode::kNotFound,
                 fmt::format("{} of the {} dead letters named are not in {}: `freshet dead-letters "
                             "list` shows those that are",
                             query->places.size() - chosen.stored.size(), query->places.size(),
                             config.sinks.kafka.dead_letters_topic));
  return chosen;
}

void print_plan(const std::vector<DeadLetterReplay>& plan) {
  Table table({"letter", "", "to", "key"});
  std::vector<std::string> details;
  for (const DeadLetterReplay& replay : plan) {
    const std::string to =
        replay.topic + (replay.partition ? fmt::format("/{}", replay.partition->value) : "");
    table.add({format_source(replay.letter.place), replay.refused ? "stays" : "goes", to,
               valid_utf8(replay.letter.key)});
    details.push_back(detail(replay.refused ? "why" : "as", replay.outcome) +
                      detail("record", replay.letter.value));
  }
  print_with_details(table, details);
}

Status confirm(std::size_t count, bool yes) {
  if (yes) return {};
  if (isatty(STDIN_FILENO) == 0)
    return error(ErrorCode::kInvalidConfig,
                 "nothing was sent: there is no terminal to ask on, say --yes");
  fmt::print("Send {} record{}? [y/N] ", count, count == 1 ? "" : "s");
  std::fflush(stdout);
  std::string answer;
  std::getline(std::cin, answer);
  if (answer == "y" || answer == "Y" || answer == "yes") return {};
  return error(ErrorCode::kInvalidConfig, "nothing was sent");
}

Status replay(const DeadLetterOptions& options) {
  log_to_stderr("error");
  if (options.file.empty() && options.places.empty() && options.reason.empty() && !options.all)
    return error(
        ErrorCode::kInvalidConfig,
        "say which: --file of mended lines, --offset PARTITION:OFFSET, --reason, or --all");
  const auto config = options.config.load();
  if (!config) return tl::unexpected(config.error());
  auto chosen = choose(options, *config);
  if (!chosen) return tl::unexpected(chosen.error());
  const DeadLetterReplayRules rules{options.again,
                                    options.reason == to_string(BadRecordReason::kPoison)};
  const auto plan =
      plan_replay(*config, std::move(chosen->mended), chosen->stored, rules, SystemClock().now());
  const auto refused = static_cast<std::size_t>(
      std::count_if(plan.begin(), plan.end(), [](const auto& each) { return each.refused; }));
  const std::size_t count = plan.size() - refused;
  print_plan(plan);
  fmt::print("{} to send, {} not\n", count, refused);
  if (count > 0 && !options.dry_run) {
    FRESHET_RETURN_IF_ERROR(confirm(count, options.yes));
    const auto sent = send_replay(*config, plan);
    if (!sent) return tl::unexpected(sent.error());
    fmt::print("{} sent and acknowledged\n", *sent);
  }
  if (options.dry_run) fmt::print("dry run: nothing was sent\n");
  if (refused == 0) return {};
  return error(ErrorCode::kInvalidConfig,
               fmt::format("{} of {} stay: the table above says why", refused, plan.size()));
}

CLI::App* add_one(CLI::App& parent, Command& chosen, const char* name, const char* what,
                  const std::shared_ptr<DeadLetterOptions>& options,
                  Status (*run)(const DeadLetterOptions&)) {
  CLI::App* command = parent.add_subcommand(name, what);
  options->config.add_to(*command);
  command->add_option("--count", options->count, "The newest so many")
      ->check(CLI::Range(std::size_t{1}, kCountMax))
      ->capture_default_str();
  command->add_option("--reason", options->reason, "Only those of this reason, such as bad_time");
  command->add_option("--since", options->since, "Only those since: 30m, 2h, 1d, or a UTC time");
  command->callback([options, run, &chosen] { chosen = [options, run] { return run(*options); }; });
  return command;
}

}  // namespace

void add_dead_letters_command(CLI::App& app, Command& chosen) {
  CLI::App* letters =
      app.add_subcommand("dead-letters", "Shows records that were refused, sends them again");
  letters->require_subcommand(1);
  auto shown = std::make_shared<DeadLetterOptions>();
  CLI::App* list_command =
      add_one(*letters, chosen, "list", "Shows the newest dead letters, oldest first", shown, list);
  list_command->add_flag("--json", shown->json, "JSON, one a line, as when stdout is no terminal");
  list_command->footer("Example:  freshet dead-letters list --config freshet.yaml --since 2h");

  auto sent = std::make_shared<DeadLetterOptions>();
  CLI::App* command = add_one(*letters, chosen, "replay",
                              "Sends records back to where they came from", sent, replay);
  command->add_option("--file", sent->file,
                      "Lines of `list --json` whose key and value were mended; - = stdin");
  command->add_option("--offset", sent->places, "Letters as `list` names them, PARTITION:OFFSET");
  command->add_flag("--all", sent->all, "The newest --count, of any reason");
  command->add_flag("--dry-run", sent->dry_run, "Show what would be sent, and send nothing");
  command->add_flag("--yes", sent->yes, "Do not ask");
  command->add_flag("--again", sent->again, "Letters that were replayed before, too");
  command->footer(
      "Examples:  freshet dead-letters list --json --reason bad_time > letters.jsonl   # mend, "
      "then\n"
      "           freshet dead-letters replay --file letters.jsonl --dry-run\n"
      "           freshet dead-letters replay --reason unknown_action   # the mapping was mended");
}

}  // namespace freshet
