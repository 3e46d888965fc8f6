#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <map>
#include <memory>

#include "app/commands/commands.h"
#include "app/commands/config_option.h"
#include "app/commands/progress_bar.h"
#include "app/commands/stop_signals.h"
#include "app/evaluation/evaluation.h"
#include "app/evaluation/html_report.h"
#include "app/evaluation/machine.h"
#include "app/evaluation/poison_table.h"

namespace freshet {
namespace {

struct Options {
  ConfigOption config;
  EvaluationOptions evaluation;
  std::string json_path;
  std::string html_path;
  std::string title = "Freshet evaluation";
};

Status write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.flush();
  if (!file) return error(ErrorCode::kUnavailable, "write " + path + ": cannot be written");
  return {};
}

void print_row(const std::string& name, const RankingFigures& at_20, std::uint64_t events) {
  fmt::print("  {:<28} {:>8.4f} {:>8.4f} {:>8.4f} {:>10}\n", name, at_20.hit_rate, at_20.mrr,
             at_20.ndcg, events);
}

void print_report(const EvaluationReport& report) {
  fmt::print("\n  {:<28} {:>8} {:>8} {:>8} {:>10}\n", "all events", "HR@20", "MRR@20", "NDCG@20",
             "events");
  for (const ReportRow& row : report.rows)
    print_row(row.name, row.figures.at_20(), row.figures.events);
  bool heading = false;
  for (const PeriodFigures& period : report.periods) {
    if (period.period != "mean") continue;
    if (!heading) fmt::print("\n  mean of periods, items known before the period\n");
    heading = true;
    print_row(period.row, period.at_20, period.events);
  }
  if (!report.ablation.empty()) fmt::print("\n  left out: change of recall and MRR at 20\n");
  for (const AblationBar& bar : report.ablation)
    fmt::print("  {:<28} {:>+8.4f} {:>+8.4f}\n", bar.name, bar.recall_20_change, bar.mrr_20_change);
  const CostFigures& cost = report.cost;
  fmt::print(
      "\n  {} events in {:.1f} s: {:.0f} events/s; learning {:.0f} us, ranking {:.0f} us per "
      "event\n"
      "  {} items of {:.0f} bytes, {} users of {:.0f} bytes; {:.3f} of targets are candidates\n",
      report.events, report.seconds, report.events_per_second, cost.learn_us_per_event,
      cost.rank_us_per_event, cost.items, cost.model_bytes_per_item, cost.users,
      cost.state_bytes_per_user, cost.candidate_share);
  if (!cost.rows_left_out.empty()) fmt::print("  {}\n", cost.rows_left_out);
  fmt::print("  guard: {}\n", report.guard);
}

Status run(const Options& options) {
  StopSignals signals;
  log_to_stderr("error");
  auto config = options.config.load();
  if (!config) return tl::unexpected(config.error());
  Result<EvaluationReport> report = error(ErrorCode::kInternal, "not run");
  {
    const SystemClock clock;
    ProgressBar bar("evaluate", clock);
    const auto show = [&](const ReplayProgress& progress, const std::string& note) {
      bar.show(progress.bytes_read, progress.bytes_total, note);
    };
    report = evaluate(*config, options.evaluation, show, signals.token());
  }
  if (!report) return tl::unexpected(report.error());
  report->title = options.title;
  report->command_line = command_line();
  report->version = FRESHET_VERSION;
  report->machine = machine_text();
  print_report(*report);
  fmt::print("{}", poison_table(options.evaluation.poison, *report));
  if (!options.json_path.empty())
    FRESHET_RETURN_IF_ERROR(write_file(options.json_path, encode_report(*report)));
  if (!options.html_path.empty())
    FRESHET_RETURN_IF_ERROR(write_file(options.html_path, encode_html_report(*report)));
  return {};
}

void add_stream_options(CLI::App& command, EvaluationOptions& to) {
  command.add_option("streams", to.paths, "Files in time order, plain, gzip, xz or zstd")
      ->required();
  static const std::map<std::string, RecordingFormat> kFormats = {
      {"config", RecordingFormat::kConfigured},
      {"jsonl", RecordingFormat::kConfigured},
      {"csv", RecordingFormat::kConfigured},
      {"session-item", RecordingFormat::kSessionItem},
      {"sequences", RecordingFormat::kSequences}};
  command
      .add_option("--format", to.format,
                  "jsonl, csv: as the configuration's `ingest` says;\n"
                  "session-item: a click a line; sequences: `user item item ...` a line")
      ->transform(CLI::CheckedTransformer(kFormats, CLI::ignore_case))
      ->option_text("FORMAT");
  static const std::map<std::string, Protocol> kProtocols = {
      {"prequential", Protocol::kPrequential},
      {"periods", Protocol::kPeriods},
      {"leave-one-out", Protocol::kLeaveOneOut}};
  command
      .add_option("--protocol", to.protocol,
                  "prequential: rank, then learn; periods: a file each, as ADER does;\n"
                  "leave-one-out: each user's last event")
      ->transform(CLI::CheckedTransformer(kProtocols, CLI::ignore_case))
      ->option_text("PROTOCOL");
  command.add_option("--items", to.items_path, "Item updates, one JSON object a line")
      ->check(CLI::ExistingFile);
}

void add_poison_options(CLI::App& command, PoisonOptions& to) {
  static const std::map<std::string, PoisonKind> kKinds = {
      {"shuffled-targets", PoisonKind::kShuffledTargets},
      {"flood", PoisonKind::kFlood},
      {"gradient", PoisonKind::kGradient}};
  CLI::Option* kind =
      command
          .add_option("--poison", to.kind,
                      "Spoil the stream to see what the guard does:\n"
                      "shuffled-targets: wrong items are learned; flood: bots click one item;\n"
                      "gradient: gradients explode")
          ->transform(CLI::CheckedTransformer(kKinds, CLI::ignore_case))
          ->option_text("POISON");
  command.add_option("--poison-from", to.from, "First event that is spoiled")->needs(kind);
  command.add_option("--poison-events", to.events, "Events that are spoiled")
      ->needs(kind)
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
}

}  // namespace

void add_evaluate_command(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "evaluate", "Says how good the lists are, event by event, on a recorded stream");
  options->config.add_to(*command);
  EvaluationOptions& to = options->evaluation;
  add_stream_options(*command, to);
  command->add_option("--delay", to.delays, "Events that ranking stays behind learning; a row each")
      ->delimiter(',')
      ->capture_default_str();
  command->add_option("--diversity", to.diversity, "Settings of scoring.diversity; a row each")
      ->delimiter(',')
      ->check(CLI::Range(0.0, 1.0));
  command->add_flag("--freeze", to.freeze,
                    "One more row: ranking learns at the ends of files only");
  command->add_option("--every", to.every, "Rank every N-th event only; all are learned")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--passes", to.passes, "leave-one-out: learn the history this often")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--ablate", to.ablate, "Parts to leave out, one run each")
      ->delimiter(',')
      ->check(CLI::IsMember(ablation_names()));
  add_poison_options(*command, to.poison);
  command->add_option("--json", options->json_path, "Where all figures go");
  command->add_option("--html", options->html_path, "Where the page with plots goes");
  command->add_option("--title", options->title, "Heading of the page");
  command->footer(
      "Examples:  freshet evaluate --config freshet.yaml events.jsonl.gz --html report.html\n"
      "           freshet evaluate day_*.txt --format session-item --protocol periods \\\n"
      "                    --delay 0,1000 --freeze --ablate walk,second_stage --html report.html");
  command->callback([options, &chosen] { chosen = [options] { return run(*options); }; });
}

}  // namespace freshet
