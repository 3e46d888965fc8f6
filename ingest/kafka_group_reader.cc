#include "ingest/kafka_group_reader.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <optional>
#include <utility>

#include "ingest/kafka_batch.h"
#include "ingest/kafka_record_probe.h"
#include "ingest/log_mark.h"

namespace freshet {

using std::chrono::milliseconds;

namespace {

constexpr milliseconds kBrokerTimeout{10'000};

/// What is committed with an offset, to know the record before it again.
std::string note_of(const LogMark& mark) { return fmt::format("freshet-mark {:016x}", mark.hash); }

std::string_view note_in(const rd_kafka_topic_partition_t& committed) {
  return {static_cast<const char*>(committed.metadata), committed.metadata_size};
}

/// librdkafka frees it with the list.
void put_note(const std::string& note, rd_kafka_topic_partition_t& offset) {
  offset.metadata = std::malloc(note.size());
  if (offset.metadata == nullptr) return;
  std::memcpy(offset.metadata, note.data(), note.size());
  offset.metadata_size = note.size();
}

}  // namespace

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
    properties["session.timeout.ms"] = std::to_string(config_.session_timeout.count());
    auto conf = make_kafka_conf(properties);
    if (!conf) return tl::unexpected(std::move(conf).error());
    rd_kafka_conf_set_opaque(conf->get(), this);
    rd_kafka_conf_set_rebalance_cb(conf->get(), &Impl::on_rebalance);
    auto handle = make_kafka_handle(RD_KAFKA_CONSUMER, std::move(*conf));
    if (!handle) return tl::unexpected(std::move(handle).error());
    handle_ = std::move(*handle);
    rd_kafka_poll_set_consumer(handle_.get());
    const auto count = count_kafka_partitions(handle_.get(), config_.brokers, topic_, timeout);
    if (!count) return tl::unexpected(count.error());
    return subscribe_kafka(handle_.get(), topic_);
  }

  Result<std::span<const Record>> poll(std::size_t max, milliseconds wait) {
    const auto records =
        batch_.fill(max, wait, [this](milliseconds at_most) { return take_one(at_most); });
    if (records) note_newest(*records);
    return records;
  }

  void commit() {
    if (newest_.empty()) return;
    const KafkaPartitionList offsets(rd_kafka_topic_partition_list_new(0));
    for (const auto& [partition, newest] : std::exchange(newest_, {})) {
      rd_kafka_topic_partition_t& offset =
          *rd_kafka_topic_partition_list_add(offsets.get(), topic_.c_str(), partition.value);
      offset.offset = newest.offset.value + 1;
      put_note(note_of(newest), offset);
    }
    const auto answer = rd_kafka_commit(handle_.get(), offsets.get(), /*async=*/0);
    if (answer != RD_KAFKA_RESP_ERR_NO_ERROR) {
      spdlog::warn("kafka: group {}.rekey: {}; what was read since is read again", config_.group,
                   rd_kafka_err2str(answer));
    }
  }

 private:
  static void on_rebalance(rd_kafka_t* handle, rd_kafka_resp_err_t what,
                           rd_kafka_topic_partition_list_t* partitions, void* opaque) {
    auto& self = *static_cast<Impl*>(opaque);
    if (what != RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
      rd_kafka_assign(handle, nullptr);
      return;
    }
    if (const Status done = self.take_up(*partitions); !done) {
      self.failed_assignment_ = done.error();
    } else {
      rd_kafka_assign(handle, partitions);
    }
  }

  /// Sets the offsets to begin at. Errors: kUnavailable, kTimedOut, kCorrupt (another log).
  Status take_up(rd_kafka_topic_partition_list_t& partitions) {
    const auto answer = rd_kafka_committed(handle_.get(), &partitions, kBrokerTimeout.count());
    if (answer != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return error(ErrorCode::kUnavailable, fmt::format("kafka: where group {}.rekey stands: {}",
                                                        config_.group, rd_kafka_err2str(answer)));
    }
    for (int i = 0; i < partitions.cnt; ++i) {
      rd_kafka_topic_partition_t& committed = partitions.elems[i];
      FRESHET_RETURN_IF_ERROR(check_log(committed));
      // Only where the group has never been: elsewhere what retention took would be passed over.
      if (committed.offset < 0) committed.offset = RD_KAFKA_OFFSET_BEGINNING;
    }
    return {};
  }

  /// Whether the record before the offset is still the one that was read: a topic that was made
  /// anew has another one there, and its records would be left out as repeats.
  Status check_log(const rd_kafka_topic_partition_t& committed) {
    if (committed.offset <= 0 || committed.metadata_size == 0) return {};
    if (!probe_) {
      auto opened = KafkaRecordProbe::open(config_, topic_, kBrokerTimeout);
      if (!opened) return tl::unexpected(opened.error());
      probe_ = *std::move(opened);
    }
    const auto found =
        probe_->mark_at(PartitionId{committed.partition}, Offset{committed.offset - 1});
    if (!found) return tl::unexpected(found.error());
    if (!*found || note_of(**found) == note_in(committed)) return {};
    return error(
        ErrorCode::kCorrupt,
        fmt::format("partition {} of {} is not the log that group {}.rekey has read up to offset "
                    "{}: the topic was made anew. What is in it would count as repeats: write to "
                    "a topic of another name and set ingest.rekey.from_topic to it",
                    committed.partition, topic_, config_.group, committed.offset));
  }

  Error gone(Error why) const {
    why.text += fmt::format(
        "; to rekey what is left, set group {}.rekey to it with Kafka's own tool "
        "(kafka-consumer-groups --reset-offsets --to-earliest)",
        config_.group);
    return why;
  }

  void note_newest(std::span<const Record> records) {
    std::map<PartitionId, const Record*> newest;
    for (const Record& record : records) newest[record.partition] = &record;
    for (const auto& [partition, record] : newest) newest_[partition] = mark_of(*record);
  }

  // False = nothing came within `wait`.
  Result<bool> take_one(milliseconds wait) {
    KafkaMessage message(rd_kafka_consumer_poll(handle_.get(), static_cast<int>(wait.count())));
    if (failed_assignment_) return tl::unexpected(*std::exchange(failed_assignment_, std::nullopt));
    if (!message) return false;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      const Status judged = judge_kafka_error(*message, topic_);
      if (judged) return true;
      const bool is_gone = message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET;
      return tl::unexpected(is_gone ? gone(judged.error()) : judged.error());
    }
    batch_.add(std::move(message));
    return true;
  }

  const KafkaSourceConfig config_;
  const std::string topic_;
  KafkaHandle handle_;
  KafkaBatch batch_;
  std::optional<Error> failed_assignment_;  // For poll() to return.
  std::map<PartitionId, LogMark> newest_;   // Of what polls returned: commit() commits the next.
  std::unique_ptr<KafkaRecordProbe> probe_;
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
