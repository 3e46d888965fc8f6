#pragma once

#include <memory>
#include <optional>
#include <tl/expected.hpp>

#include "config/ingest_config.h"
#include "ingest/dead_letter.h"
#include "ingest/event.h"
#include "ingest/record.h"

namespace freshet {

/// Turns records of the events topic into validated events, in the shape that the configuration's
/// mapping describes (docs/events.md). Never asks a clock. Confined to one thread.
class EventDecoder {
 public:
  /// `config` must be valid (validate()); it is copied. CSV needs `config.csv_columns`.
  explicit EventDecoder(const IngestConfig& config);
  ~EventDecoder();
  EventDecoder(EventDecoder&&) noexcept;
  EventDecoder& operator=(EventDecoder&&) noexcept;

  /// Decodes and validates one record. Empty optional = nothing to do: a tombstone, or a type that
  /// the mapping calls "ignore". Numbers sent as text and ids sent as whole numbers are accepted.
  tl::expected<std::optional<Event>, BadRecord> decode(const Record& record);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace freshet
