#pragma once

#include <optional>

#include "config/ids.h"
#include "ingest/log_mark.h"

namespace freshet {

/// Where a database or a snapshot of a partition stands in the log.
struct StoredPosition {
  std::optional<Offset> next_offset;  ///< First offset not yet processed; empty = a new database.
  Epoch epoch;                        ///< Of the newest owner that wrote to it.
  std::optional<LogMark> newest_record;  ///< The last one processed.

  friend bool operator==(const StoredPosition&, const StoredPosition&) = default;
};

}  // namespace freshet
