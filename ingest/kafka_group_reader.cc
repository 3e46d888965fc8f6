#include "ingest/kafka_group_reader.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <map>
#include <utility>

#include "ingest/kafka_batch.h"

namespace freshet {

using std::chrono::milliseconds;

class KafkaGroupReader::Impl {
 public:
  Impl(const KafkaSourceConfig& config, std::string topic)
      : config_(config), topic_(std::move(topic)) {}

  ~Impl() {
    batch_.clear();
    if (handle_) rd_kafka_consumer_close(handle_.get());
  }

  Status join(milliseconds timeout) {
    KafkaProperties properties = reader_properties(config_);
    properties["group.id"] = config_.group + ".rekey";
    properties["auto.offset.reset"] = "earliest";
    properties["session.timeout.ms"] = std::to_string(config_.session_timeout.count());
    auto handle = open_kafka_reader(properties);
    if (!handle) return tl::unexpected(std::move(handle).error());
    handle_ = std::move(*handle);
    const auto count = count_kafka_partitions(handle_.get(), config_.brokers, topic_, timeout);
    if (!count) return tl::unexpected(count.error());
    return subscribe_kafka(handle_.get(), topic_);
  }

  Result<std::span<const Record>> poll(std::size_t max, milliseconds wait) {
    return batch_.fill(max, wait, [this](milliseconds at_most) { return take_one(at_most); });
  }

  void commit() {
    if (next_.empty()) return;
    const KafkaPartitionList offsets(rd_kafka_topic_partition_list_new(0));
    for (const auto& [partition, next] : std::exchange(next_, {})) {
      rd_kafka_topic_partition_list_add(offsets.get(), topic_.c_str(), partition)->offset = next;
    }
    const auto answer = rd_kafka_commit(handle_.get(), offsets.get(), /*async=*/0);
    if (answer != RD_KAFKA_RESP_ERR_NO_ERROR) {
      spdlog::warn("kafka: group {}.rekey: {}; what was read since is read again", config_.group,
                   rd_kafka_err2str(answer));
    }
  }

 private:
  // False = nothing came within `wait`.
  Result<bool> take_one(milliseconds wait) {
    KafkaMessage message(rd_kafka_consumer_poll(handle_.get(), static_cast<int>(wait.count())));
    if (!message) return false;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      FRESHET_RETURN_IF_ERROR(judge_kafka_error(*message, topic_));
      return true;
    }
    next_[message->partition] = message->offset + 1;
    batch_.add(std::move(message));
    return true;
  }

  const KafkaSourceConfig config_;
  const std::string topic_;
  KafkaHandle handle_;
  KafkaBatch batch_;
  std::map<std::int32_t, std::int64_t> next_;  // By partition: what commit() commits.
};

Result<std::unique_ptr<KafkaGroupReader>> KafkaGroupReader::open(const KafkaSourceConfig& config,
                                                                 const std::string& topic,
                                                                 milliseconds timeout) {
  auto impl = std::make_unique<Impl>(config, topic);
  FRESHET_RETURN_IF_ERROR(impl->join(timeout));
  return std::unique_ptr<KafkaGroupReader>(new KafkaGroupReader(std::move(impl)));
}

KafkaGroupReader::KafkaGroupReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KafkaGroupReader::~KafkaGroupReader() = default;

Result<std::span<const Record>> KafkaGroupReader::poll(std::size_t max, milliseconds wait) {
  return impl_->poll(max, wait);
}
void KafkaGroupReader::commit() { impl_->commit(); }

}  // namespace freshet
