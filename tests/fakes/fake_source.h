#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ingest/record_source.h"

namespace freshet {

/// A partition whose records and troubles a test decides. Confined to one thread.
class FakeSource final : public RecordSource {
 public:
  explicit FakeSource(PartitionId partition = PartitionId{0}, Offset low = Offset{0})
      : partition_(partition), low_(low), next_(low), high_(low) {}

  // --- levers ---

  /// Appends a record at the end of the log; returns its offset.
  Offset append(std::optional<std::string> value, std::string key = "",
                std::optional<EventTime> timestamp = std::nullopt) {
    const Offset offset = high_;
    log_.push_back({offset, timestamp, std::move(key), std::move(value), {}});
    ++high_.value;
    return offset;
  }

  /// Appends a record that was rekeyed from `source`.
  void append_from(SourceRecord source, std::string value) {
    append(std::move(value));
    log_.back().source = std::move(source);
  }

  /// Leaves `count` offsets without a record, as transaction markers and compaction do.
  void leave_gap(std::int64_t count) { high_.value += count; }

  /// Starts reading at `offset`, as an assignment does.
  void start_at(Offset offset) { next_ = offset; }

  /// Every poll from the record `offset` on fails, once all before it are delivered.
  void fail_at(Offset offset, Error trouble) { failure_ = {offset, std::move(trouble)}; }

  /// No poll returns more than this, whatever it asks for.
  void deliver_at_most(std::size_t records_per_poll_max) { poll_max_ = records_per_poll_max; }

  /// The log ends here: once all is delivered the source is exhausted.
  void end() { ended_ = true; }

  // --- RecordSource ---

  Result<std::span<const Record>> poll(std::size_t max, std::chrono::milliseconds) override {
    batch_.clear();
    for (const Entry& entry : log_) {
      if (entry.offset < next_) continue;
      if (batch_.size() == std::min(max, poll_max_) || fails_at(entry.offset)) break;
      Record record;
      record.partition = partition_;
      record.offset = entry.offset;
      record.timestamp = entry.timestamp;
      record.key = entry.key;
      if (entry.value) record.value = *entry.value;
      record.source = entry.source;
      batch_.push_back(record);
    }
    if (batch_.empty() && max > 0 && failure_ && failure_->first <= high_) {
      return tl::unexpected(failure_->second);
    }
    if (!batch_.empty()) next_ = Offset{batch_.back().offset.value + 1};
    return std::span<const Record>(batch_);
  }

  Watermarks watermarks() const override { return {low_, high_}; }

  bool exhausted() const override { return ended_ && (log_.empty() || next_ > log_.back().offset); }

 private:
  struct Entry {
    Offset offset;
    std::optional<EventTime> timestamp;
    std::string key;
    std::optional<std::string> value;
    std::optional<SourceRecord> source;
  };

  bool fails_at(Offset offset) const { return failure_ && offset >= failure_->first; }

  const PartitionId partition_;
  const Offset low_;
  Offset next_;
  Offset high_;
  std::vector<Entry> log_;
  std::vector<Record> batch_;
  std::optional<std::pair<Offset, Error>> failure_;
  std::size_t poll_max_ = static_cast<std::size_t>(-1);
  bool ended_ = false;
};

}  // namespace freshet
