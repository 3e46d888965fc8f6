#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ingest/log_mark.h"
#include "ingest/record_source.h"
#include "tests/simulator/world.h"

namespace freshet::sim {

/// One record of a partition's log.
struct LogRecord {
  Offset offset;
  EventTime timestamp;
  std::optional<std::string> value;
  std::string key{};                     ///< Empty where the value says it too.
  std::optional<SourceRecord> source{};  ///< In a rekeyed log.

  /// A view; valid as long as the record.
  Record view(PartitionId partition) const;
};

/// A partition's log in the broker: it grows at the end, retention cuts its beginning, compaction
/// and transaction markers leave offsets without a record. What was cut stays known to the
/// reference. Confined to one thread.
class SimulatedLog {
 public:
  explicit SimulatedLog(PartitionId partition) : partition_(partition) {}

  PartitionId partition() const { return partition_; }
  Watermarks watermarks() const { return {low_, high_}; }
  /// Counts how often the topic was made anew.
  int incarnation() const { return incarnation_; }
  /// Every record ever appended to an incarnation, by rising offset.
  const std::vector<LogRecord>& records(int incarnation) const {
    return records_[static_cast<std::size_t>(incarnation)];
  }
  const std::vector<LogRecord>& records() const { return records_.back(); }

  void append(EventTime timestamp, std::optional<std::string> value) {
    append({{}, timestamp, std::move(value)});
  }
  /// Gives the record its offset.
  void append(LogRecord record) {
    record.offset = high_;
    records_.back().push_back(std::move(record));
    ++high_.value;
  }
  /// The mark of the record at `offset`; empty = there is none, or no longer.
  std::optional<LogMark> mark_at(Offset offset) const;
  void leave_gap(std::int64_t count) { high_.value += count; }
  /// Deletes the records before `low`.
  void truncate(Offset low) { low_ = low; }
  /// The topic is deleted and made anew: it begins at 0 again.
  void recreate() {
    ++incarnation_;
    low_ = high_ = Offset{0};
    records_.emplace_back();
  }

 private:
  const PartitionId partition_;
  int incarnation_ = 0;
  Offset low_{0};
  Offset high_{0};
  std::vector<std::vector<LogRecord>> records_{1};
};

/// Reads a log from an offset on, as an assigned partition of the consumer does: in order, in
/// batches of any size. Lost for good once its next record is gone. Confined to one thread.
class SimulatedSource final : public RecordSource {
 public:
  /// Both outlive the source.
  SimulatedSource(World& world, const SimulatedLog& log, Offset start)
      : world_(world), log_(log), incarnation_(log.incarnation()), next_(start) {}

  Result<std::span<const Record>> poll(std::size_t max, std::chrono::milliseconds wait) override;
  Watermarks watermarks() const override { return log_.watermarks(); }
  bool exhausted() const override { return false; }

 private:
  World& world_;
  const SimulatedLog& log_;
  const int incarnation_;
  Offset next_;
  std::vector<LogRecord> copies_;  // The log may move while a batch is in hand.
  std::vector<Record> batch_;
};

}  // namespace freshet::sim
