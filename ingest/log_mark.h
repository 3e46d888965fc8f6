#pragma once

#include <cstdint>

#include "config/ids.h"
#include "ingest/record.h"

namespace freshet {

/// A record by which a log is known again: its offset, and a hash of its time, key and value. A
/// topic that was made anew has another record there, or none.
struct LogMark {
  Offset offset;
  std::uint64_t hash = 0;

  friend bool operator==(const LogMark&, const LogMark&) = default;
};

/// Returns the mark of `record`. Thread-safe.
LogMark mark_of(const Record& record);

}  // namespace freshet
