#include "tests/simulator/simulated_log.h"

#include <algorithm>

namespace freshet::sim {
namespace {

constexpr std::size_t kBatchMax = 12;

}  // namespace

Record LogRecord::view(PartitionId partition) const {
  Record record{partition, offset, timestamp, key, {}, source};
  if (value) record.value = *value;
  return record;
}

std::optional<LogMark> SimulatedLog::mark_at(Offset offset) const {
  if (offset < low_) return std::nullopt;
  const auto& records = records_.back();
  const auto it = std::find_if(records.begin(), records.end(),
                               [&](const LogRecord& record) { return record.offset == offset; });
  if (it == records.end()) return std::nullopt;
  return mark_of(it->view(partition_));
}

Result<std::span<const Record>> SimulatedSource::poll(std::size_t max, std::chrono::milliseconds) {
  copies_.clear();
  batch_.clear();
  if (log_.incarnation() != incarnation_ || next_ < log_.watermarks().low) {
    return error(ErrorCode::kUnavailable, "offset out of range");
  }
  const auto& records = log_.records();
  auto it = std::lower_bound(records.begin(), records.end(), next_,
                             [](const LogRecord& r, Offset offset) { return r.offset < offset; });
  const std::size_t size = std::min(max, 1 + world_.random.below(kBatchMax));
  while (it != records.end() && copies_.size() < size) copies_.push_back(*it++);
  for (const LogRecord& copy : copies_) {
    Record& record = batch_.emplace_back(copy.view(log_.partition()));
    if (world_.has(Mutation::kRepeatsCounted)) record.source.reset();
  }
  if (!copies_.empty()) next_ = Offset{copies_.back().offset.value + 1};
  return std::span<const Record>(batch_);
}

}  // namespace freshet::sim
