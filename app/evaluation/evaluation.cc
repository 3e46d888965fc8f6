#include "app/evaluation/evaluation.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/engine/encoder_choice.h"
#include "app/engine/network_choice.h"
#include "app/evaluation/ablation.h"
#include "app/evaluation/protocol.h"

namespace freshet {
namespace {

std::string describe(const EvaluationOptions& options) {
  std::string text;
  switch (options.protocol) {
    case Protocol::kPrequential:
      text = "prequential: every event ranked before it is learned";
      break;
    case Protocol::kPeriods:
      text = "periods: a file each, the first only teaches; items seen before the period count";
      break;
    case Protocol::kLeaveOneOut:
      text = "leave one out: each user's last event is the target, the one before is not learned";
      break;
  }
  if (options.every > 1) text += fmt::format("; every {}th event ranked", options.every);
  if (options.passes > 1) text += fmt::format("; {} passes over the history", options.passes);
  return text;
}

void add(const RankingFigures& from, RankingFigures& to) {
  to.hit_rate += from.hit_rate;
  to.recall += from.recall;
  to.precision += from.precision;
  to.f1 += from.f1;
  to.mrr += from.mrr;
  to.ndcg += from.ndcg;
}

void scale(double factor, RankingFigures& figures) {
  for (double* value : {&figures.hit_rate, &figures.recall, &figures.precision, &figures.f1,
                        &figures.mrr, &figures.ndcg})
    *value *= factor;
}

EvaluatedQuality figures_of(const RankTotals& ranks) {
  EvaluatedQuality figures;
  figures.events = ranks.lists();
  for (std::size_t k = 0; k < kCutOffs.size(); ++k)
    figures.at[k] = {.k = kCutOffs[k],
                     .ranking = ranks.at(kCutOffs[k]),
                     .coverage = EvaluatedQuality::kUndefined};
  return figures;
}

/// The figures of a row: all metrics where lists were judged, else those that ranks alone give.
EvaluatedQuality figures_of_row(const Scoreboard& scores, std::size_t row, std::size_t followers) {
  if (row < followers) return scores.follower_figures(row);
  if (row == followers) return scores.popularity_figures();
  return figures_of(scores.rows()[row].ranks);
}

/// One row's periods, and their mean: ADER's figure.
void add_periods(const ScoreRow& row, EvaluationReport& report) {
  PeriodFigures mean{.period = "mean", .row = row.name};
  std::vector<PeriodFigures> periods;
  for (std::size_t period = 0; period < row.known.size(); ++period) {
    const RankTotals& known = row.known[period];
    if (known.lists() == 0) continue;
    periods.push_back({.period = fmt::format("{}", period),
                       .row = row.name,
                       .events = known.lists(),
                       .at_20 = known.at(kEvaluatedListMax)});
    mean.events += known.lists();
    add(periods.back().at_20, mean.at_20);
  }
  if (periods.empty()) return;
  scale(1 / static_cast<double>(periods.size()), mean.at_20);
  report.periods.push_back(mean);
  report.periods.insert(report.periods.end(), periods.begin(), periods.end());
}

void add_freshness(const Scoreboard& scores, EvaluationReport& report) {
  std::uint64_t longest = 10'000;
  for (std::size_t k = 0; k < scores.kinds().size(); ++k) {
    const FollowerKind& kind = scores.kinds()[k];
    if (kind.diversity) continue;
    longest = std::max(longest, kind.events);
    report.freshness.push_back({kind.until_period_end ? 10 * longest : kind.events,
                                kind.until_period_end ? "a whole period" : "",
                                scores.rows()[k].ranks.at(kEvaluatedListMax)});
  }
  if (report.freshness.size() < 2) report.freshness.clear();
}

/// `dial`: the configured one, the first row's.
void add_diversity(const Scoreboard& scores, double dial, EvaluationReport& report) {
  for (std::size_t k = 0; k < scores.kinds().size(); ++k) {
    const FollowerKind& kind = scores.kinds()[k];
    if (k > 0 && !kind.diversity) continue;
    const EvaluatedQuality figures = scores.follower_figures(k);
    report.diversity.push_back(
        {kind.diversity.value_or(dial), figures.at_20().ndcg, figures.intra_list_diversity});
  }
  if (report.diversity.size() < 2) report.diversity.clear();
}

CostFigures cost_of(const ProtocolRun& run) {
  const Evaluator& evaluator = run.evaluator();
  const Knowledge& knowledge = evaluator.learner().knowledge();
  const auto events = static_cast<double>(std::max<std::uint64_t>(run.events(), 1));
  const auto items = static_cast<double>(std::max<std::size_t>(knowledge.catalogue().size(), 1));
  return {.learn_us_per_event = 1e6 * evaluator.learn_seconds() / events,
          .rank_us_per_event = 1e6 * evaluator.rank_seconds() / events,
          .items = knowledge.catalogue().size(),
          .users = evaluator.users(),
          .model_bytes_per_item = static_cast<double>(knowledge.to_bytes().size()) / items,
          .state_bytes_per_user = evaluator.bytes_per_user(),
          .candidate_share = evaluator.learner().figures().candidate_share,
          .rows_left_out = run.bad_rows()};
}

EvaluationReport report_of(const ProtocolRun& run, const EvaluationOptions& options, double dial) {
  EvaluationReport report;
  report.streams = options.paths;
  report.protocol = describe(options);
  report.events = run.events();
  report.seconds = run.seconds();
  report.events_per_second = static_cast<double>(run.events()) / std::max(run.seconds(), 1e-9);
  const Scoreboard& scores = run.scores();
  const std::size_t followers = scores.kinds().size();
  for (std::size_t row = 0; row < scores.rows().size(); ++row) {
    const RankTotals& ranks = scores.rows()[row].ranks;
    if (ranks.lists() == 0) continue;
    // An expert that never named a target is off, or has nothing to go by in this stream.
    if (row > followers && ranks.at(kEvaluatedListMax).hit_rate == 0) continue;
    report.rows.push_back({.name = scores.rows()[row].name,
                           .figures = figures_of_row(scores, row, followers),
                           .baseline = row == followers});
    if (options.protocol == Protocol::kPeriods) add_periods(scores.rows()[row], report);
  }
  report.quality_over_time = run.over_time();
  add_freshness(scores, report);
  add_diversity(scores, dial, report);
  return report;
}

/// Gives the run the configured item encoder, if there is one.
Status equip(const Config& config, ProtocolRun& run) {
  auto encoder = choose_encoder(config.scoring);
  if (!encoder) return tl::unexpected(encoder.error());
  run.encode_with(std::move(*encoder));
  return {};
}

/// Runs once more, the live row alone; returns what it reached. The lines of a spoiled stream come
/// into the report under `name`.
Result<RankingFigures> run_variant(const std::string& name, const Config& config,
                                   EvaluationOptions options, const EvaluationProgress& progress,
                                   std::stop_token stop, EvaluationReport& report) {
  auto factory = choose_network(config.scoring);
  if (!factory) return tl::unexpected(factory.error());
  options.delays = {0};
  options.diversity.clear();
  options.freeze = false;
  ProtocolRun run(config, *factory, options);
  FRESHET_RETURN_IF_ERROR(equip(config, run));
  FRESHET_RETURN_IF_ERROR(
      run.run([&](const ReplayProgress& done,
                  const std::string& note) { progress(done, name + ": " + note); },
              stop));
  if (options.poison.kind != PoisonKind::kNone) {
    const std::vector<QualityLine>& lines = run.over_time();
    report.quality_over_time.push_back({name, lines.front().points});
    if (lines.size() > 2)
      report.quality_over_time.push_back({lines[2].name + ", " + name, lines[2].points});
  }
  return run.scores().live().ranks.at(kEvaluatedListMax);
}

/// Runs the same stream unspoiled, with points at the same events.
Status run_unspoiled(const Config& config, EvaluationOptions options,
                     const EvaluationProgress& progress, std::stop_token stop,
                     EvaluationReport& report) {
  if (options.poison.kind == PoisonKind::kNone) return {};
  options.poison.is_dry = true;
  auto ran = run_variant("not poisoned", config, options, progress, stop, report);
  return ran ? Status{} : tl::unexpected(ran.error());
}

std::string describe(const LearnerFigures& figures) {
  const GuardFigures& guard = figures.guard;
  std::string text = fmt::format("{} at the end", to_string(guard.state));
  for (std::size_t k = 0; k < guard.trips.size(); ++k)
    if (guard.trips[k] > 0)
      text += fmt::format("; {} trips: {}", guard.trips[k], trip_cause_name(k));
  return text + fmt::format("; {} gradients clipped, {} refused; {} examples capped",
                            figures.clipped_gradients, figures.refused_gradients, figures.capped);
}

Status check(const EvaluationOptions& options) {
  for (const std::string& name : options.ablate) {
    const auto names = ablation_names();
    if (std::find(names.begin(), names.end(), name) == names.end())
      return error(
          ErrorCode::kInvalidConfig,
          fmt::format("--ablate {}: not known: write some of {}", name, fmt::join(names, ",")));
  }
  if (options.poison.kind != PoisonKind::kNone && options.protocol == Protocol::kLeaveOneOut)
    return error(ErrorCode::kInvalidConfig,
                 "--poison: leave-one-out has no order of events: use another --protocol");
  return {};
}

}  // namespace

std::vector<std::string> ablation_names() {
  std::vector<std::string> names;
  for (const Ablation& part : ablations()) names.push_back(part.name);
  return names;
}

Result<EvaluationReport> evaluate(const Config& given, const EvaluationOptions& options,
                                  const EvaluationProgress& progress, std::stop_token stop) {
  FRESHET_RETURN_IF_ERROR(check(options));
  Config config = given;
  config.ingest = Recording::for_format(options.format, config.ingest);
  if (options.format != RecordingFormat::kConfigured) {
    // Times that stand a millisecond apart say nothing of bots.
    config.state.bot_events_per_minute_max = 0;
  }
  auto factory = choose_network(config.scoring);
  if (!factory) return tl::unexpected(factory.error());
  ProtocolRun run(config, *factory, options);
  FRESHET_RETURN_IF_ERROR(equip(config, run));
  FRESHET_RETURN_IF_ERROR(run.run(progress, stop));
  EvaluationReport report = report_of(run, options, config.scoring.diversity);
  report.config = to_yaml(config);
  report.cost = cost_of(run);
  report.guard = describe(run.evaluator().learner().figures());
  FRESHET_RETURN_IF_ERROR(run_unspoiled(config, options, progress, stop, report));
  const RankingFigures whole = run.scores().live().ranks.at(kEvaluatedListMax);
  for (const std::string& name : options.ablate) {
    const auto& all = ablations();
    const auto part = std::find_if(all.begin(), all.end(), [&](auto& a) { return a.name == name; });
    Config without_it = config;
    part->leave_out(without_it.scoring);
    auto without = run_variant("without " + name, without_it, options, progress, stop, report);
    if (!without) return tl::unexpected(without.error());
    report.ablation.push_back({name, without->recall - whole.recall, without->mrr - whole.mrr});
  }
  return report;
}

}  // namespace freshet
