#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "config/result.h"
#include "ingest/record_source.h"
#include "state/snapshot_manifest.h"

namespace freshet {

/// The log of a partition as the brokers show it.
struct LogView {
  TopicPartition of;
  Watermarks watermarks;
  /// Returns the mark of the record at an offset; empty = there is none (deleted, or a marker of a
  /// transaction). Errors: kUnavailable.
  std::function<Result<std::optional<LogMark>>(Offset)> mark_at;
};

/// What becomes of a state that does not fit.
enum class GapPolicy : std::uint8_t {
  kFail,   ///< The start is refused.
  kReset,  ///< An older state that fits is taken, else the log is read from its beginning.
};

/// Picks the state to start from: of those that fit the one with the largest next offset, the
/// earlier in `candidates` if equal (put the local database first: it costs no copying). Each has a
/// next offset. Empty = begin anew at the log's low watermark. Errors: those of LogView::mark_at;
/// kUnavailable under GapPolicy::kFail, when none fits or when the newest owner's state is of
/// another log; the text names the remedy. Deterministic, thread-safe.
Result<std::optional<std::size_t>> choose_start(std::span<const StoredPosition> candidates,
                                                const LogView& log, GapPolicy policy);

}  // namespace freshet
