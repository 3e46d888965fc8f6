#include "ingest/kafka_partition_source.h"

#include <fmt/format.h>

#include <utility>

#include "config/assert.h"

namespace freshet {

using std::chrono::milliseconds;

KafkaPartitionSource::KafkaPartitionSource(rd_kafka_t* handle, std::string topic,
                                           PartitionId partition, Watermarks watermarks,
                                           std::shared_ptr<void> alive)
    : handle_(handle),
      topic_(std::move(topic)),
      partition_(partition),
      first_watermarks_(watermarks),
      alive_(std::move(alive)),
      queue_(rd_kafka_queue_get_partition(handle, topic_.c_str(), partition.value)) {
  FRESHET_ASSERT(queue_ != nullptr, "librdkafka gives every partition a queue");
  rd_kafka_queue_forward(queue_.get(), nullptr);
}

Result<std::span<const Record>> KafkaPartitionSource::poll(std::size_t max, milliseconds wait) {
  return batch_.fill(max, wait, [this](milliseconds at_most) { return take_one(at_most); });
}

Result<bool> KafkaPartitionSource::take_one(milliseconds wait) {
  KafkaMessage message(rd_kafka_consume_queue(queue_.get(), static_cast<int>(wait.count())));
  if (!message) return false;
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    FRESHET_RETURN_IF_ERROR(judge_kafka_error(*message, topic_));
    return true;
  }
  if (Offset{message->offset} < next_offset_min_) {
    return error(ErrorCode::kCorrupt,
                 fmt::format("partition {} of {}: offset {} came after {}", partition_.value,
                             topic_, message->offset, next_offset_min_.value - 1));
  }
  next_offset_min_ = Offset{message->offset + 1};
  batch_.add(std::move(message));
  return true;
}

void KafkaPartitionSource::wake() { rd_kafka_queue_yield(queue_.get()); }

Watermarks KafkaPartitionSource::watermarks() const {
  Watermarks newest = first_watermarks_;
  Offset low;
  Offset high;
  if (rd_kafka_get_watermark_offsets(handle_, topic_.c_str(), partition_.value, &low.value,
                                     &high.value) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    // Negative = not learned yet.
    if (low > newest.low) newest.low = low;
    if (high > newest.high) newest.high = high;
  }
  return newest;
}

}  // namespace freshet
