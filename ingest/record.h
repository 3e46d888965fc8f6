#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "config/ids.h"
#include "config/time.h"
#include "ingest/source_position.h"

namespace freshet {

/// One raw record of the input log. The views are valid until the next poll of its source.
struct Record {
  PartitionId partition;
  Offset offset;
  /// Time the log gave the record (CreateTime or LogAppendTime); empty when the source has none.
  std::optional<EventTime> timestamp;
  std::string_view key;
  /// Empty optional = tombstone (a record that deletes its key).
  std::optional<std::string_view> value;
  /// Where it stood in the topic it was rekeyed from; empty = it was not.
  std::optional<SourceRecord> source;
};

}  // namespace freshet
