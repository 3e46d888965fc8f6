#include "scoring/experts/context.h"

#include <algorithm>
#include <bit>

#include "scoring/network/conditions.h"

namespace freshet {
namespace {

/// floor(log2(1 + seconds)), as SequenceStep::gap_bucket wants it.
std::uint8_t gap_bucket(EventTime from, EventTime to) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(to - from).count();
  const std::uint64_t counted = 1 + static_cast<std::uint64_t>(std::max<std::int64_t>(seconds, 0));
  return static_cast<std::uint8_t>(
      std::min<std::size_t>(std::bit_width(counted) - 1, kGapBuckets - 1));
}

void add_distinct(std::vector<DistinctItem>& distinct, const ContextStep& step, std::size_t back) {
  for (DistinctItem& item : distinct) {
    if (item.row != step.row) continue;
    ++item.times;
    return;
  }
  distinct.push_back({step.row, static_cast<std::uint32_t>(back), 1, step.same_session});
}

void add_conditions(const KnownUser& user, const SequenceOptions& options, Context& context) {
  std::vector<ConditionRow>& conditions = context.sequence.conditions;
  if (context.sequence.empty()) return;
  if (options.clock) {
    conditions.push_back(hour_row(context.newest_time));
    conditions.push_back(weekday_row(context.newest_time));
  }
  for (std::size_t key = 0; options.values && key < user.values.size(); ++key)
    if (!user.values[key].empty()) conditions.push_back(value_row(key, user.values[key]));
}

void add_owned(std::span<const Bought> bought, const Catalogue& catalogue, Context& context) {
  bought = bought.last(std::min(bought.size(), TrainingExample::kBoughtMax));
  for (const Bought& item : bought) {
    const ItemRow row = catalogue.find(item.item);
    if (row == kNoRow) continue;
    const auto age = std::chrono::floor<std::chrono::seconds>(context.newest_time - item.last_time);
    context.owned.push_back({row, item.count, std::max(age, std::chrono::seconds{0})});
  }
}

}  // namespace

KnownUser known_user(const UserState& state) {
  return {.history = state.history, .values = state.context, .bought = state.bought};
}

KnownUser known_user(const TrainingExample& example) {
  return {.history = example.history, .values = example.known_context, .bought = example.bought};
}

SequenceOptions sequence_options(const NetworkConfig& config) {
  return {.steps_max = config.history_max, .values = config.context, .clock = config.clock};
}

void add_task(Action action, Sequence& sequence) {
  if (action != Action::kClick)
    sequence.conditions.push_back(task_row(static_cast<std::uint8_t>(action)));
}

Context make_context(const KnownUser& user, const Catalogue& catalogue,
                     const SequenceOptions& options) {
  const std::span<const HistoryEntry> history = user.history;
  Context context;
  context.steps.reserve(kContextStepsMax);
  context.distinct.reserve(std::min(history.size(), kContextStepsMax));
  context.sequence.steps.reserve(std::min({history.size(), kContextStepsMax, options.steps_max}));
  bool same_session = true;
  EventTime after{};
  for (std::size_t k = history.size(); k-- > 0 && context.steps.size() < kContextStepsMax;) {
    const HistoryEntry& entry = history[k];
    const ItemRow row = catalogue.find(entry.item);
    if (row != kNoRow && !entry.late && entry.action != Action::kDislike) {
      if (context.empty()) {
        context.last_action = entry.action;
        context.newest_time = entry.event_time;
      }
      if (context.sequence.steps.size() < options.steps_max) {
        const std::uint8_t gap = context.empty() ? 0 : gap_bucket(entry.event_time, after);
        context.sequence.steps.push_back({row, static_cast<std::uint8_t>(entry.action), gap});
      }
      context.steps.push_back({row, same_session});
      add_distinct(context.distinct, context.steps.back(), context.steps.size() - 1);
      if (same_session) ++context.session_length;
      after = entry.event_time;
    }
    if (entry.session_start) same_session = false;
  }
  std::reverse(context.sequence.steps.begin(), context.sequence.steps.end());
  if (context.empty()) return context;
  add_conditions(user, options, context);
  add_owned(user.bought, catalogue, context);
  return context;
}

}  // namespace freshet
