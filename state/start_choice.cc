#include "state/start_choice.h"

#include <algorithm>
#include <tuple>
#include <vector>

namespace freshet {
namespace {

/// How a stored position fits the log as it is now.
enum class Fit : std::uint8_t {
  kInRange,   ///< The records from it on are there; what came before it is not yet looked at.
  kSound,     ///< And the last processed record is this log's.
  kGap,       ///< Records from it on are gone: retention deleted them unread.
  kBeyond,    ///< The log ends before it: it was cut or made anew.
  kOtherLog,  ///< The log has another record where the last processed one was: it was made anew.
};

constexpr const char* kRemedy =
    "; to go on all the same set ingest.kafka.on_gap: reset_state for one start";

bool is_other_log(Fit fit) { return fit == Fit::kBeyond || fit == Fit::kOtherLog; }

bool may_start(Fit fit) { return fit == Fit::kInRange || fit == Fit::kSound; }

std::string refusal(const StoredPosition& position, Fit fit, const LogView& log) {
  const auto [low, high] = log.watermarks;
  const std::int64_t next = position.next_offset->value;
  const std::string state = "partition " + std::to_string(log.of.partition.value) + " of " +
                            log.of.topic + ": its state ends at offset " + std::to_string(next);
  if (fit == Fit::kGap) {
    return state + ", but Kafka keeps records from " + std::to_string(low.value) +
           " on: " + std::to_string(low.value - next) +
           " records are gone. Raise the topic's retention" + kRemedy;
  }
  if (fit == Fit::kBeyond) {
    return state + ", but the topic ends at " + std::to_string(high.value) +
           ": was it made anew, or did brokers lose records? If it was made anew, move the model "
           "directory away too" +
           kRemedy;
  }
  return state +
         ", but the record before it is not the one that was processed: the topic was made anew. "
         "Move the model directory away too" +
         kRemedy;
}

/// The candidates and what is known of each. Confined to one thread.
class Judgement {
 public:
  Judgement(std::span<const StoredPosition> candidates, const LogView& log)
      : candidates_(candidates), log_(log) {
    for (const StoredPosition& candidate : candidates) {
      const Offset next = *candidate.next_offset;
      fits_.push_back(next > log.watermarks.high  ? Fit::kBeyond
                      : next < log.watermarks.low ? Fit::kGap
                                                  : Fit::kInRange);
    }
  }

  Fit fit(std::size_t i) const { return fits_[i]; }

  std::optional<std::size_t> best() const {
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < fits_.size(); ++i) {
      if (!may_start(fits_[i])) continue;
      if (!best || *candidates_[i].next_offset > *candidates_[*best].next_offset) best = i;
    }
    return best;
  }

  /// Of the newest owner.
  std::size_t newest() const {
    const auto it =
        std::max_element(candidates_.begin(), candidates_.end(), [](const auto& a, const auto& b) {
          return std::tie(a.epoch, *a.next_offset) < std::tie(b.epoch, *b.next_offset);
        });
    return static_cast<std::size_t>(it - candidates_.begin());
  }

  /// Looks at the last processed record. What retention deleted cannot be compared: it passes.
  Status look_at_record(std::size_t i) {
    if (fits_[i] != Fit::kInRange) return {};
    fits_[i] = Fit::kSound;
    const auto& newest = candidates_[i].newest_record;
    const auto [low, high] = log_.watermarks;
    if (!newest || newest->offset < low || newest->offset >= high) return {};
    const auto there = log_.mark_at(newest->offset);
    if (!there) return tl::unexpected(there.error());
    if (*there && **there != *newest) fits_[i] = Fit::kOtherLog;
    return {};
  }

 private:
  const std::span<const StoredPosition> candidates_;
  const LogView& log_;
  std::vector<Fit> fits_;
};

}  // namespace

Result<std::optional<std::size_t>> choose_start(std::span<const StoredPosition> candidates,
                                                const LogView& log, GapPolicy policy) {
  if (candidates.empty()) return std::nullopt;
  Judgement judgement(candidates, log);
  const std::size_t newest = judgement.newest();
  FRESHET_RETURN_IF_ERROR(judgement.look_at_record(newest));
  auto best = judgement.best();
  while (best && judgement.fit(*best) != Fit::kSound) {
    FRESHET_RETURN_IF_ERROR(judgement.look_at_record(*best));
    best = judgement.best();
  }
  if (policy == GapPolicy::kFail && (!best || is_other_log(judgement.fit(newest)))) {
    return error(ErrorCode::kUnavailable, refusal(candidates[newest], judgement.fit(newest), log));
  }
  return best;
}

}  // namespace freshet
