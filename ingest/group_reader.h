#pragma once

#include <chrono>
#include <cstddef>
#include <span>

#include "config/result.h"
#include "ingest/record.h"

namespace freshet {

/// A topic shared out among the members of a group, read from where the group has committed to,
/// from its beginning at first: at least once. Port: Kafka, the simulator. Confined to one thread.
class GroupReader {
 public:
  virtual ~GroupReader() = default;

  /// Waits up to `wait` for a first record, then returns what is there, at most `max`, of any
  /// partition, each partition in its order. The records are valid until the next call. Errors:
  /// kUnavailable (also when the log no longer has what comes next), kCorrupt.
  virtual Result<std::span<const Record>> poll(std::size_t max, std::chrono::milliseconds wait) = 0;

  /// Tells the group that all that polls returned is done with. What could not be committed, since
  /// a partition went to another member, is read again there.
  virtual void commit() = 0;
};

}  // namespace freshet
