#include "ingest/kafka_record_probe.h"

#include <fmt/format.h>

#include "config/time.h"
#include "ingest/kafka_client.h"

namespace freshet {

using std::chrono::milliseconds;

class KafkaRecordProbe::Impl {
 public:
  Impl(KafkaHandle handle, std::string topic, milliseconds timeout)
      : handle_(std::move(handle)), topic_(std::move(topic)), timeout_(timeout) {}

  Result<std::optional<LogMark>> mark_at(PartitionId partition, Offset offset) {
    const KafkaPartitionList wanted(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(wanted.get(), topic_.c_str(), partition.value)->offset =
        offset.value;
    const auto answer = rd_kafka_assign(handle_.get(), wanted.get());
    if (answer != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return error(ErrorCode::kUnavailable,
                   fmt::format("partition {} of {}: offset {} cannot be looked at ({})",
                               partition.value, topic_, offset.value, rd_kafka_err2str(answer)));
    }
    auto found = wait_for(partition, offset);
    rd_kafka_assign(handle_.get(), nullptr);
    return found;
  }

 private:
  Result<std::optional<LogMark>> wait_for(PartitionId partition, Offset offset) {
    const SteadyTime deadline = clock_.steady_now() + timeout_;
    while (clock_.steady_now() < deadline) {
      const KafkaMessage message(rd_kafka_consumer_poll(handle_.get(), kPoll.count()));
      if (!message) continue;
      if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) return std::nullopt;
      if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) return std::nullopt;
      if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        FRESHET_RETURN_IF_ERROR(judge_kafka_error(*message, topic_));
        continue;
      }
      if (message->offset != offset.value) return std::nullopt;
      return mark_of(to_record(*message));
    }
    return error(ErrorCode::kTimedOut,
                 fmt::format("partition {} of {}: the record at offset {} did not come within {} s",
                             partition.value, topic_, offset.value,
                             std::chrono::duration<double>(timeout_).count()));
  }

  static constexpr std::chrono::duration<int, std::milli> kPoll{100};

  const KafkaHandle handle_;
  const std::string topic_;
  const milliseconds timeout_;
  const SystemClock clock_;
};

Result<std::unique_ptr<KafkaRecordProbe>> KafkaRecordProbe::open(const KafkaSourceConfig& config,
                                                                 const std::string& topic,
                                                                 milliseconds timeout) {
  KafkaProperties properties = reader_properties(config);
  properties["enable.partition.eof"] = "true";
  // A new assignment's first fetch waits out this back-off: 500 ms unless told otherwise.
  properties["fetch.error.backoff.ms"] = "10";
  // One record is wanted, not what follows it.
  properties["fetch.message.max.bytes"] = "65536";
  properties["queued.max.messages.kbytes"] = "1024";
  auto handle = open_kafka_reader(properties);
  if (!handle) return tl::unexpected(std::move(handle).error());
  // Asked now, so that the first look need not wait for the connection and the topic's leaders.
  const auto known = count_kafka_partitions(handle->get(), config.brokers, topic, timeout);
  if (!known) return tl::unexpected(known.error());
  return std::unique_ptr<KafkaRecordProbe>(
      new KafkaRecordProbe(std::make_unique<Impl>(std::move(*handle), topic, timeout)));
}

KafkaRecordProbe::KafkaRecordProbe(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KafkaRecordProbe::~KafkaRecordProbe() = default;

Result<std::optional<LogMark>> KafkaRecordProbe::mark_at(PartitionId partition, Offset offset) {
  return impl_->mark_at(partition, offset);
}

}  // namespace freshet
