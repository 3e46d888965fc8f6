#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "config/ids.h"

namespace freshet {

/// A record's place in a topic.
struct SourcePosition {
  PartitionId partition;
  Offset offset;

  friend auto operator<=>(const SourcePosition&, const SourcePosition&) = default;
};

/// "partition:offset".
std::string format_source(SourcePosition position);

/// Reads it; empty when it is malformed.
std::optional<SourcePosition> parse_source(std::string_view text);

/// A partition of a topic that Freshet keys by user. The name tells topics apart whose offsets
/// both begin at 0.
struct SourcePartition {
  std::string topic;
  PartitionId partition;

  friend auto operator<=>(const SourcePartition&, const SourcePartition&) = default;
};

/// Where a record of the topic that Freshet keyed by user stood in the topic it came from.
struct SourceRecord {
  SourcePartition from;
  Offset offset;

  friend auto operator<=>(const SourceRecord&, const SourceRecord&) = default;
};

/// The header that carries it, and its value "topic:partition:offset".
inline constexpr const char* kSourceHeader = "freshet-source";
std::string format_source(const SourceRecord& record);

/// Reads the header's value; empty when it is malformed.
std::optional<SourceRecord> parse_source_record(std::string_view text);

}  // namespace freshet
