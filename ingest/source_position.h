#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "config/ids.h"

namespace freshet {

/// Where a record of the topic that Freshet keyed by user stood in the topic it came from.
struct SourcePosition {
  PartitionId partition;
  Offset offset;

  friend auto operator<=>(const SourcePosition&, const SourcePosition&) = default;
};

/// The header that carries it, and its value "partition:offset".
inline constexpr const char* kSourceHeader = "freshet-source";
std::string format_source(SourcePosition position);

/// Reads the header's value; empty when it is malformed.
std::optional<SourcePosition> parse_source(std::string_view text);

}  // namespace freshet
