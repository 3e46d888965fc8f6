#include "ingest/kafka_client.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <random>

namespace freshet {
namespace {

using std::chrono::milliseconds;

void log_line(const rd_kafka_t*, int level, const char* facility, const char* text) {
  // Syslog levels: 4 and below are warnings and worse. What the library calls an error heals by
  // itself or comes back as our own error: none is one for the log.
  spdlog::log(level <= 4 ? spdlog::level::warn : spdlog::level::debug, "kafka {}: {}", facility,
              text);
}

tl::unexpected<Error> unreachable(const std::string& brokers, milliseconds timeout,
                                  rd_kafka_resp_err_t why) {
  return error(
      ErrorCode::kUnavailable,
      fmt::format("broker {} not reachable after {:.1f} s ({}): is it running? set "
                  "ingest.kafka.brokers",
                  brokers, std::chrono::duration<double>(timeout).count(), rd_kafka_err2str(why)));
}

Result<std::size_t> partitions_of(const rd_kafka_metadata_topic& topic,
                                  const std::string& brokers) {
  const std::string name = topic.topic;
  switch (topic.err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
      return static_cast<std::size_t>(topic.partition_cnt);
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
      return error(ErrorCode::kNotFound,
                   fmt::format("topic {} does not exist on {}: make it with `freshet topics "
                               "create`, or set its name under ingest.kafka",
                               name, brokers));
    default:
      return error(ErrorCode::kUnavailable,
                   fmt::format("topic {} on {}: {}", name, brokers, rd_kafka_err2str(topic.err)));
  }
}

std::optional<SourceRecord> source_of(const rd_kafka_message_t& message) {
  const auto text = header_of(message, kSourceHeader);
  return text ? parse_source_record(*text) : std::nullopt;
}

}  // namespace

std::optional<std::string_view> header_of(const rd_kafka_message_t& message, const char* name) {
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  const void* text = nullptr;
  std::size_t size = 0;
  if (rd_kafka_header_get_last(headers, name, &text, &size) != RD_KAFKA_RESP_ERR_NO_ERROR)
    return {};
  return std::string_view(static_cast<const char*>(text), size);
}

KafkaProperties reader_properties(const KafkaSourceConfig& config) {
  KafkaProperties properties = config.properties;
  // Else a broker that is back may be noticed ten seconds late.
  properties.emplace("reconnect.backoff.max.ms", "1000");
  const KafkaProperties ours{
      {"bootstrap.servers", config.brokers},
      {"group.id", config.group},
      {"client.id", fmt::format("freshet-{}-{:08x}", ::getpid(), std::random_device{}())},
      // Positions come from our own database, so a lost one must be an error, never a guess.
      {"auto.offset.reset", "error"},
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"isolation.level", "read_committed"},
      {"check.crcs", "true"},
      {"socket.nagle.disable", "true"},
      {"fetch.wait.max.ms", std::to_string(config.fetch_wait_max.count())},
      // Memory is bounded by bytes; a small count of messages makes librdkafka pause for a second.
      {"queued.min.messages", "1000000"},
      {"queued.max.messages.kbytes", std::to_string(config.prefetch_bytes_max / 1024)},
  };
  for (const auto& [name, value] : ours) properties[name] = value;
  return properties;
}

Result<KafkaConf> make_kafka_conf(const KafkaProperties& properties) {
  KafkaConf conf(rd_kafka_conf_new());
  std::array<char, 512> why{};
  for (const auto& [name, value] : properties) {
    if (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), why.data(), why.size()) !=
        RD_KAFKA_CONF_OK) {
      return error(ErrorCode::kInvalidConfig,
                   fmt::format("ingest.kafka.properties, {}: {}", name, why.data()));
    }
  }
  rd_kafka_conf_set_log_cb(conf.get(), &log_line);
  return conf;
}

Result<KafkaHandle> make_kafka_handle(rd_kafka_type_t type, KafkaConf conf) {
  std::array<char, 512> why{};
  KafkaHandle handle(rd_kafka_new(type, conf.get(), why.data(), why.size()));
  if (!handle) {
    return error(ErrorCode::kInvalidConfig, fmt::format("ingest.kafka: {}", why.data()));
  }
  static_cast<void>(conf.release());  // The handle owns it now.
  return handle;
}

Result<KafkaHandle> open_kafka_reader(const KafkaProperties& properties) {
  auto conf = make_kafka_conf(properties);
  if (!conf) return tl::unexpected(std::move(conf).error());
  auto handle = make_kafka_handle(RD_KAFKA_CONSUMER, std::move(*conf));
  if (handle) rd_kafka_poll_set_consumer(handle->get());
  return handle;
}

Status subscribe_kafka(rd_kafka_t* handle, const std::string& topic) {
  const KafkaPartitionList topics(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(topics.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  const auto answer = rd_kafka_subscribe(handle, topics.get());
  if (answer == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return error(ErrorCode::kUnavailable,
               fmt::format("subscribing to {}: {}", topic, rd_kafka_err2str(answer)));
}

Result<std::size_t> count_kafka_partitions(rd_kafka_t* handle, const std::string& brokers,
                                           const std::string& topic, milliseconds timeout) {
  const std::unique_ptr<rd_kafka_topic_t, KafkaDeleter> asked(
      rd_kafka_topic_new(handle, topic.c_str(), nullptr));
  if (!asked) return error(ErrorCode::kInvalidConfig, fmt::format("{}: no topic name", topic));
  const rd_kafka_metadata_t* raw = nullptr;
  const auto answer =
      rd_kafka_metadata(handle, 0, asked.get(), &raw, static_cast<int>(timeout.count()));
  if (answer != RD_KAFKA_RESP_ERR_NO_ERROR) return unreachable(brokers, timeout, answer);
  const std::unique_ptr<const rd_kafka_metadata_t, KafkaDeleter> metadata(raw);
  if (metadata->topic_cnt != 1) return unreachable(brokers, timeout, RD_KAFKA_RESP_ERR__PARTIAL);
  return partitions_of(metadata->topics[0], brokers);
}

Result<Watermarks> query_kafka_watermarks(rd_kafka_t* handle, const std::string& topic,
                                          PartitionId partition, milliseconds timeout) {
  Watermarks watermarks;
  const auto answer = rd_kafka_query_watermark_offsets(
      handle, topic.c_str(), partition.value, &watermarks.low.value, &watermarks.high.value,
      static_cast<int>(timeout.count()));
  if (answer == RD_KAFKA_RESP_ERR_NO_ERROR) return watermarks;
  return error(ErrorCode::kUnavailable,
               fmt::format("partition {} of {}: its first and last offset cannot be learned ({})",
                           partition.value, topic, rd_kafka_err2str(answer)));
}

Record to_record(const rd_kafka_message_t& message) {
  Record record;
  record.partition = PartitionId{message.partition};
  record.offset = Offset{message.offset};
  rd_kafka_timestamp_type_t kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const std::int64_t epoch_ms = rd_kafka_message_timestamp(&message, &kind);
  if (kind != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE && epoch_ms >= 0) {
    record.timestamp = EventTime{milliseconds{epoch_ms}};
  }
  if (message.key != nullptr) {
    record.key = {static_cast<const char*>(message.key), message.key_len};
  }
  if (message.payload != nullptr) {
    record.value = std::string_view(static_cast<const char*>(message.payload), message.len);
  }
  record.source = source_of(message);
  return record;
}

Status judge_kafka_error(const rd_kafka_message_t& message, const std::string& topic) {
  const char* text = rd_kafka_message_errstr(&message);
  switch (message.err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
      return {};
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
      return error(ErrorCode::kUnavailable,
                   fmt::format("partition {} of {}: the log no longer has the offset to read next "
                               "({}); raise the topic's retention",
                               message.partition, topic, text));
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
      return error(ErrorCode::kUnavailable, fmt::format("topic {}: {}", topic, text));
    case RD_KAFKA_RESP_ERR__BAD_MSG:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
      return error(ErrorCode::kCorrupt,
                   fmt::format("partition {} of {}, offset {}: {}", message.partition, topic,
                               message.offset, text));
    default:
      spdlog::warn("kafka: partition {} of {}: {}", message.partition, topic, text);
      return {};
  }
}

}  // namespace freshet
