#pragma once

#include <memory>
#include <string>

#include "ingest/kafka_batch.h"
#include "ingest/record_source.h"

namespace freshet {

/// One assigned partition of the events topic. A record wakes poll() at once. Not polling is
/// back-pressure: librdkafka then stops fetching at `prefetch_bytes_max`. Offsets may have gaps
/// (transaction markers, compaction). Confined to one thread, except wake(); must not
/// outlive its consumer.
class KafkaPartitionSource final : public RecordSource {
 public:
  /// Takes the partition's records away from the group's own queue, so it is made before the
  /// partition is assigned. `alive` is held until destruction.
  KafkaPartitionSource(rd_kafka_t* handle, std::string topic, PartitionId partition,
                       Watermarks watermarks, std::shared_ptr<void> alive);

  Result<std::span<const Record>> poll(std::size_t max, std::chrono::milliseconds wait) override;
  void wake() override;
  Watermarks watermarks() const override;
  bool exhausted() const override { return false; }

 private:
  // False = nothing came within `wait`.
  Result<bool> take_one(std::chrono::milliseconds wait);

  rd_kafka_t* const handle_;
  const std::string topic_;
  const PartitionId partition_;
  const Watermarks first_watermarks_;  // Of the assignment, until a fetch brings newer ones.
  const std::shared_ptr<void> alive_;
  const KafkaQueue queue_;
  KafkaBatch batch_;
  Offset next_offset_min_{0};
};

}  // namespace freshet
