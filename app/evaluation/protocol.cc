#include "app/evaluation/protocol.h"

#include <fmt/format.h>

#include <absl/container/flat_hash_map.h>
#include <algorithm>
#include <chrono>

#include "ingest/item_decoder.h"

namespace freshet {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kRecordsMax = 500;
/// Points of quality over time.
constexpr double kPoints = 100;
/// Fewer judged lists make no point: one hit would be a peak.
constexpr std::uint64_t kPointListsMin = 50;
/// Events between two looks at the clock, the stop and the bar.
constexpr std::uint64_t kEventsPerLook = 256;

std::vector<FollowerKind> kinds_of(const EvaluationOptions& options) {
  std::vector<FollowerKind> kinds;
  for (const std::uint64_t delay : options.delays) kinds.push_back({.events = delay});
  for (const double dial : options.diversity) kinds.push_back({.diversity = dial});
  if (options.freeze) kinds.push_back({.until_period_end = true});
  return kinds;
}

Status stopped() {
  return error(ErrorCode::kTimedOut, "evaluate: stopped before the end of the stream");
}

}  // namespace

ProtocolRun::ProtocolRun(const Config& config, const NetworkFactory& factory,
                         const EvaluationOptions& options)
    : config_(config),
      options_(options),
      scores_(kinds_of(options)),
      evaluator_(config, factory, kinds_of(options), options.poison,
                 [this](const JudgedExample& example) { judge(example); }),
      over_time_{{scores_.live().name, {}}, {scores_.popularity().name, {}}} {
  if (options.poison.kind == PoisonKind::kFlood) over_time_.push_back({"flooded item", {}});
}

void ProtocolRun::judge(const JudgedExample& example) {
  scores_.judge(example, evaluator_);
  if (options_.poison.kind != PoisonKind::kFlood || example.lists.empty()) return;
  const auto& items = example.lists.front().items;
  const auto found = std::find_if(items.begin(), items.end(), [](const RankedItem& item) {
    return item.id == Poison::flooded_item();
  });
  flooded_.add(static_cast<std::size_t>(found - items.begin()) +
               (found == items.end() ? kEvaluatedListMax : 0));
}

Status ProtocolRun::run(const EvaluationProgress& progress, std::stop_token stop) {
  const auto begin = std::chrono::steady_clock::now();
  auto recording = Recording::open(options_.paths, options_.format, config_.ingest);
  if (!recording) return tl::unexpected(recording.error());
  if (!options_.items_path.empty()) FRESHET_RETURN_IF_ERROR(tell_items());
  FRESHET_RETURN_IF_ERROR(options_.protocol == Protocol::kLeaveOneOut
                              ? run_leave_one_out(*recording, progress, stop)
                              : run_stream(*recording, progress, stop));
  FRESHET_RETURN_IF_ERROR(evaluator_.flush());
  show(*recording, progress);
  if (recording->bad_rows() > 0)
    bad_rows_ = fmt::format("{} rows left out, the first: {}", recording->bad_rows(),
                            recording->first_bad_row());
  if (events_ == 0)
    return error(ErrorCode::kInvalidConfig, "evaluate: no event in " + options_.paths.front() +
                                                (bad_rows_.empty() ? "" : ": " + bad_rows_));
  seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return {};
}

Status ProtocolRun::tell_items() {
  IngestConfig config = config_.ingest;
  config.format = "json";
  auto file = FileSource::open({options_.items_path}, config);
  if (!file) return tl::unexpected(file.error());
  ItemDecoder decoder(config, config_.scoring.catalogue.embedding_dim);
  while (!(*file)->exhausted()) {
    auto records = (*file)->poll(kRecordsMax, 0ms);
    if (!records) return tl::unexpected(records.error());
    std::vector<ItemUpdate> updates;
    for (const Record& record : *records) {
      auto update = decoder.decode(record);
      if (!update) {
        return error(ErrorCode::kInvalidConfig,
                     fmt::format("{}:{}: {}", options_.items_path, record.offset.value + 1,
                                 update.error().text));
      }
      updates.push_back(std::move(*update));
    }
    FRESHET_RETURN_IF_ERROR(evaluator_.add(updates));
  }
  return {};
}

Status ProtocolRun::run_stream(Recording& recording, const EvaluationProgress& progress,
                               std::stop_token stop) {
  const std::size_t first_judged = options_.protocol == Protocol::kPeriods ? 1 : 0;
  while (true) {
    auto event = recording.next();
    if (!event) return tl::unexpected(event.error());
    if (!*event) return {};
    const bool judged = (*event)->period >= first_judged && events_ % options_.every == 0;
    FRESHET_RETURN_IF_ERROR(
        evaluator_.add(**event, judged ? EventUse::kRankAndLearn : EventUse::kLearn));
    ++events_;
    if (options_.poison.kind != PoisonKind::kNone && is_point_due(0)) note_point();
    if (events_ % kEventsPerLook != 0) continue;
    if (stop.stop_requested()) return stopped();
    show(recording, progress);
  }
}

Status ProtocolRun::run_leave_one_out(Recording& recording, const EvaluationProgress& progress,
                                      std::stop_token stop) {
  std::vector<RecordedEvent> events;
  absl::flat_hash_map<UserId, std::size_t> count;
  while (true) {
    auto event = recording.next();
    if (!event) return tl::unexpected(event.error());
    if (!*event) break;
    ++count[(*event)->event.user];
    events.push_back(std::move(**event));
    if (stop.stop_requested()) return stopped();
  }
  std::vector<RecordedEvent> known, targets, history;
  absl::flat_hash_map<UserId, std::size_t> seen;
  for (RecordedEvent& event : events) {
    const std::size_t left = count[event.event.user] - ++seen[event.event.user];
    (left == 0 ? targets : left == 1 ? known : history).push_back(std::move(event));
  }
  for (std::size_t pass = 0; pass < options_.passes; ++pass) {
    if (stop.stop_requested()) return stopped();
    FRESHET_RETURN_IF_ERROR(learn_history(history, pass));
  }
  for (const RecordedEvent& event : known)
    FRESHET_RETURN_IF_ERROR(evaluator_.add(event, EventUse::kFold));
  for (const RecordedEvent& event : targets) {
    FRESHET_RETURN_IF_ERROR(evaluator_.add(event, EventUse::kRank));
    if (++events_ % kEventsPerLook != 0) continue;
    if (stop.stop_requested()) return stopped();
    show(recording, progress);
  }
  return {};
}

Status ProtocolRun::learn_history(const std::vector<RecordedEvent>& events, std::size_t pass) {
  for (RecordedEvent event : events) {
    event.offset.value += static_cast<std::int64_t>(pass * events.size());
    FRESHET_RETURN_IF_ERROR(evaluator_.add(event, EventUse::kLearn));
    ++events_;
  }
  return {};
}

void ProtocolRun::show(const Recording& recording, const EvaluationProgress& progress) {
  const ReplayProgress done = recording.progress();
  const double part = done.bytes_total == 0 ? 1
                                            : static_cast<double>(done.bytes_read) /
                                                  static_cast<double>(done.bytes_total);
  if (options_.poison.kind == PoisonKind::kNone && is_point_due(part)) note_point();
  const RankingFigures live = scores_.live().ranks.at(kEvaluatedListMax);
  progress(done, fmt::format("{} events, HR@20 {:.4f}, MRR@20 {:.4f} (popularity {:.4f})", events_,
                             live.hit_rate, live.mrr,
                             scores_.popularity().ranks.at(kEvaluatedListMax).hit_rate));
}

/// `part`: of the stream. A spoiled stream has its points where the poison begins and ends, too.
bool ProtocolRun::is_point_due(double part) {
  const PoisonOptions& poison = options_.poison;
  if (poison.kind != PoisonKind::kNone)
    return events_ % poison.step() == poison.from % poison.step();
  if (part < next_point_) return false;
  next_point_ = part + 1 / kPoints;
  return true;
}

void ProtocolRun::note_point() {
  const RankTotals live = scores_.live().ranks;
  const RankTotals popular = scores_.popularity().ranks;
  if (live.since(live_before_).lists() < kPointListsMin) return;
  over_time_[0].points.push_back({events_, live.since(live_before_).at(kEvaluatedListMax)});
  over_time_[1].points.push_back({events_, popular.since(popular_before_).at(kEvaluatedListMax)});
  if (over_time_.size() > 2)
    over_time_[2].points.push_back(
        {events_, flooded_.since(flooded_before_).at(kEvaluatedListMax)});
  flooded_before_ = flooded_;
  live_before_ = live;
  popular_before_ = popular;
}

}  // namespace freshet
