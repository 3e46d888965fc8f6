#pragma once

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "config/ingest_config.h"
#include "config/kafka_properties.h"
#include "config/result.h"
#include "ingest/record.h"
#include "ingest/record_source.h"

namespace freshet {

/// Owners of librdkafka's objects.
struct KafkaDeleter {
  void operator()(rd_kafka_t* handle) const { rd_kafka_destroy(handle); }
  void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
  void operator()(rd_kafka_message_t* record) const { rd_kafka_message_destroy(record); }
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
  void operator()(const rd_kafka_metadata_t* metadata) const {
    rd_kafka_metadata_destroy(metadata);
  }
};
using KafkaHandle = std::unique_ptr<rd_kafka_t, KafkaDeleter>;
using KafkaConf = std::unique_ptr<rd_kafka_conf_t, KafkaDeleter>;
using KafkaQueue = std::unique_ptr<rd_kafka_queue_t, KafkaDeleter>;
using KafkaPartitionList = std::unique_ptr<rd_kafka_topic_partition_list_t, KafkaDeleter>;
using KafkaMessage = std::unique_ptr<rd_kafka_message_t, KafkaDeleter>;

/// Returns the properties that every reader of `config`'s cluster shares: what the user gave, with
/// ours on top. Nothing is committed or reset behind our back; aborted transactions are not seen.
KafkaProperties reader_properties(const KafkaSourceConfig& config);

/// Makes a configuration whose log lines go to spdlog. Errors: kInvalidConfig naming the property.
Result<KafkaConf> make_kafka_conf(const KafkaProperties& properties);

/// Makes a client out of `conf`. Errors: kInvalidConfig.
Result<KafkaHandle> make_kafka_handle(rd_kafka_type_t type, KafkaConf conf);

/// Makes a consumer whose own events come with its records. Errors: kInvalidConfig.
Result<KafkaHandle> open_kafka_reader(const KafkaProperties& properties);

/// Joins the consumer's group for `topic`. Errors: kUnavailable.
Status subscribe_kafka(rd_kafka_t* handle, const std::string& topic);

/// Asks the broker how many partitions `topic` has. Errors: kUnavailable when no broker answers
/// within `timeout`, kNotFound, each with its remedy.
Result<std::size_t> count_kafka_partitions(rd_kafka_t* handle, const std::string& brokers,
                                           const std::string& topic,
                                           std::chrono::milliseconds timeout);

/// Asks the broker for a partition's watermarks. Errors: kUnavailable.
Result<Watermarks> query_kafka_watermarks(rd_kafka_t* handle, const std::string& topic,
                                          PartitionId partition, std::chrono::milliseconds timeout);

/// Returns the newest header of that name, as long as the message lives; empty = there is none.
std::optional<std::string_view> header_of(const rd_kafka_message_t& message, const char* name);

/// Views a message as a Record; valid as long as the message.
Record to_record(const rd_kafka_message_t& message);

/// Judges an error met while reading: no value when it heals by itself, which is logged.
Status judge_kafka_error(const rd_kafka_message_t& message, const std::string& topic);

}  // namespace freshet
