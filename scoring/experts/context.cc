#include "scoring/experts/context.h"

#include <algorithm>
#include <bit>

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

}  // namespace

Context make_context(std::span<const HistoryEntry> history, const Catalogue& catalogue,
                     std::size_t sequence_max) {
  Context context;
  context.steps.reserve(kContextStepsMax);
  bool same_session = true;
  EventTime after{};
  for (std::size_t k = history.size(); k-- > 0 && context.steps.size() < kContextStepsMax;) {
    const HistoryEntry& entry = history[k];
    const ItemRow row = catalogue.find(entry.item);
    if (row != kNoRow && !entry.late && entry.action != Action::kDislike) {
      if (context.sequence.size() < sequence_max) {
        const std::uint8_t gap = context.empty() ? 0 : gap_bucket(entry.event_time, after);
        context.sequence.push_back({row, static_cast<std::uint8_t>(entry.action), gap});
      }
      context.steps.push_back({row, same_session});
      add_distinct(context.distinct, context.steps.back(), context.steps.size() - 1);
      if (same_session) ++context.session_length;
      after = entry.event_time;
    }
    if (entry.session_start) same_session = false;
  }
  std::reverse(context.sequence.begin(), context.sequence.end());
  return context;
}

}  // namespace freshet
