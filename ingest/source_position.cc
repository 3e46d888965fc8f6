#include "ingest/source_position.h"

#include <charconv>

namespace freshet {
namespace {

template <class Integer>
bool read_all(std::string_view text, Integer& value) {
  const char* end = text.data() + text.size();
  const auto [stop, trouble] = std::from_chars(text.data(), end, value);
  return trouble == std::errc{} && stop == end && value >= 0;
}

}  // namespace

std::string format_source(SourcePosition position) {
  return std::to_string(position.partition.value) + ":" + std::to_string(position.offset.value);
}

std::optional<SourcePosition> parse_source(std::string_view text) {
  const std::size_t colon = text.find(':');
  SourcePosition position;
  const bool whole = colon != std::string_view::npos &&
                     read_all(text.substr(0, colon), position.partition.value) &&
                     read_all(text.substr(colon + 1), position.offset.value);
  return whole ? std::optional(position) : std::nullopt;
}

std::string format_source(const SourceRecord& record) {
  return record.from.topic + ":" + format_source({record.from.partition, record.offset});
}

std::optional<SourceRecord> parse_source_record(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == 0 || colon == std::string_view::npos) return std::nullopt;
  const auto position = parse_source(text.substr(colon + 1));
  if (!position) return std::nullopt;
  return SourceRecord{{std::string(text.substr(0, colon)), position->partition}, position->offset};
}

}  // namespace freshet
