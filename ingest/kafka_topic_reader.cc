#include "ingest/kafka_topic_reader.h"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "ingest/kafka_batch.h"

namespace freshet {

using std::chrono::milliseconds;

class KafkaTopicReader::Impl {
 public:
  Impl(const KafkaSourceConfig& config, std::string topic)
      : config_(config), topic_(std::move(topic)) {}

  ~Impl() {
    batch_.clear();
    if (handle_) rd_kafka_consumer_close(handle_.get());
  }

  Status start(milliseconds timeout) {
    KafkaProperties properties = reader_properties(config_);
    // librdkafka wants a group's name to assign by hand; it is never joined.
    properties["group.id"] = config_.group + "." + topic_;
    properties["enable.partition.eof"] = "true";
    properties["auto.offset.reset"] = "earliest";
    auto handle = open_kafka_reader(properties);
    if (!handle) return tl::unexpected(std::move(handle).error());
    handle_ = std::move(*handle);
    const auto count = count_kafka_partitions(handle_.get(), config_.brokers, topic_, timeout);
    if (!count) return tl::unexpected(count.error());
    return assign_all(static_cast<int>(*count));
  }

  Result<std::span<const Record>> poll(std::size_t max, milliseconds wait) {
    return batch_.fill(max, wait, [this](milliseconds at_most) { return take_one(at_most); });
  }

  bool reached_end() const { return unread_.empty(); }

 private:
  Status assign_all(int partition_count) {
    const KafkaPartitionList all(rd_kafka_topic_partition_list_new(partition_count));
    for (int i = 0; i < partition_count; ++i) {
      rd_kafka_topic_partition_list_add(all.get(), topic_.c_str(), i)->offset =
          RD_KAFKA_OFFSET_BEGINNING;
      unread_.insert(PartitionId{i});
    }
    const auto answer = rd_kafka_assign(handle_.get(), all.get());
    if (answer == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
    return error(ErrorCode::kInternal,
                 fmt::format("reading {}: {}", topic_, rd_kafka_err2str(answer)));
  }

  // False = nothing came within `wait`.
  Result<bool> take_one(milliseconds wait) {
    KafkaMessage message(rd_kafka_consumer_poll(handle_.get(), static_cast<int>(wait.count())));
    if (!message) return false;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      unread_.erase(PartitionId{message->partition});
      // A caller that waits for the end gets its answer at once.
      return !unread_.empty();
    }
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      FRESHET_RETURN_IF_ERROR(judge_kafka_error(*message, topic_));
      return true;
    }
    batch_.add(std::move(message));
    return true;
  }

  const KafkaSourceConfig config_;
  const std::string topic_;
  KafkaHandle handle_;
  std::set<PartitionId> unread_;  // Partitions whose end was not reached yet.
  KafkaBatch batch_;
};

Result<std::unique_ptr<KafkaTopicReader>> KafkaTopicReader::open(const KafkaSourceConfig& config,
                                                                 const std::string& topic,
                                                                 milliseconds timeout) {
  auto impl = std::make_unique<Impl>(config, topic);
  FRESHET_RETURN_IF_ERROR(impl->start(timeout));
  return std::unique_ptr<KafkaTopicReader>(new KafkaTopicReader(std::move(impl)));
}

KafkaTopicReader::KafkaTopicReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KafkaTopicReader::~KafkaTopicReader() = default;

Result<std::span<const Record>> KafkaTopicReader::poll(std::size_t max, milliseconds wait) {
  return impl_->poll(max, wait);
}
bool KafkaTopicReader::reached_end() const { return impl_->reached_end(); }

}  // namespace freshet
