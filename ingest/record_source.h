#pragma once

#include <chrono>
#include <cstddef>
#include <span>

#include "config/result.h"
#include "ingest/record.h"

namespace freshet {

/// Offsets of a partition: records in [low, high) exist.
struct Watermarks {
  Offset low;
  Offset high;
};

/// The records of one partition in order. Port: Kafka, files, test fakes. Confined
/// to one thread, except wake().
class RecordSource {
 public:
  virtual ~RecordSource() = default;

  /// Waits up to `wait` for a first record, then returns what is there, at most `max`; empty when
  /// nothing came. The records are valid until the next call. Errors: kUnavailable when the source
  /// is lost for good (broker errors that heal by themselves are waited out), kCorrupt.
  virtual Result<std::span<const Record>> poll(std::size_t max, std::chrono::milliseconds wait) = 0;

  /// Has a poll() that waits return at once, or the next one. Thread-safe. What never waits for
  /// long need not.
  virtual void wake() {}

  /// Newest known watermarks, without a network round trip; for lag.
  virtual Watermarks watermarks() const = 0;

  /// True once no record will ever come again (the end of a file); a Kafka partition never is.
  virtual bool exhausted() const = 0;
};

}  // namespace freshet
