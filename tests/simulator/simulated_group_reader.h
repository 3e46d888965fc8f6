#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "ingest/group_reader.h"
#include "tests/simulator/rekeyed_stream.h"

namespace freshet::sim {

/// One process's consumer of the un-keyed source. It hears of what the group decided only now and
/// then, and reads on meanwhile: the successor may be at work already. Confined to one thread.
class SimulatedGroupReader final : public GroupReader {
 public:
  /// Both outlive the reader.
  SimulatedGroupReader(World& world, RekeyedStream& stream) : world_(world), stream_(stream) {}

  Result<std::span<const Record>> poll(std::size_t max, std::chrono::milliseconds wait) override;
  void commit() override;

 private:
  void call_group();
  void obey(const SimulatedGroup::Answer& answer);
  void read(PartitionId partition, std::size_t max);

  World& world_;
  RekeyedStream& stream_;
  std::optional<MemberId> member_;  // Empty = it joins with the next call.
  int sequence_ = 0;
  std::map<PartitionId, Offset> positions_;  // Of the partitions that it takes for its own.
  std::map<PartitionId, Offset> next_;       // As the Kafka reader keeps them: what it commits.
  std::vector<std::pair<PartitionId, LogRecord>> copies_;  // The log may move meanwhile.
  std::vector<Record> batch_;
};

}  // namespace freshet::sim
