#pragma once

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <chrono>
#include <initializer_list>
#include <map>
#include <string>
#include <vector>

namespace freshet {

/// librdkafka's broker inside this process.
class MockKafka {
 public:
  MockKafka() {
    char text[512];
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    handle_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    cluster_ = rd_kafka_mock_cluster_new(handle_, 1);
  }
  ~MockKafka() {
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(handle_);
  }
  MockKafka(const MockKafka&) = delete;
  MockKafka& operator=(const MockKafka&) = delete;

  std::string brokers() const { return rd_kafka_mock_cluster_bootstraps(cluster_); }
  void create_topic(const std::string& topic, int partitions) {
    rd_kafka_mock_topic_create(cluster_, topic.c_str(), partitions, 1);
  }
  void refuse_topic(const std::string& topic, rd_kafka_resp_err_t failure) {
    rd_kafka_mock_topic_set_error(cluster_, topic.c_str(), failure);
  }
  /// The next produce requests fail like this, one each.
  void fail_produce_requests(std::vector<rd_kafka_resp_err_t> failures) {
    rd_kafka_mock_push_request_errors_array(cluster_, /*Produce*/ 0, failures.size(),
                                            failures.data());
  }
  /// The next producer to ask for its id is refused like this.
  void refuse_producer(rd_kafka_resp_err_t failure) {
    rd_kafka_mock_push_request_errors_array(cluster_, /*InitProducerId*/ 22, 1, &failure);
  }
  void set_down(bool down) {
    if (down) {
      rd_kafka_mock_broker_set_down(cluster_, 1);
    } else {
      rd_kafka_mock_broker_set_up(cluster_, 1);
    }
  }
  void set_round_trip(std::chrono::milliseconds wait) {
    rd_kafka_mock_broker_set_rtt(cluster_, 1, static_cast<int>(wait.count()));
  }

 private:
  rd_kafka_t* handle_ = nullptr;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
};

/// A record as another client reads it.
struct ReadRecord {
  int partition = 0;
  std::string key;
  std::string value;
  bool tombstone = false;
  std::int64_t timestamp_ms = 0;
  std::map<std::string, std::string> headers;
};

inline ReadRecord read_record(const rd_kafka_message_t& raw) {
  ReadRecord record;
  record.partition = raw.partition;
  record.key.assign(static_cast<const char*>(raw.key), raw.key_len);
  record.tombstone = raw.payload == nullptr;
  record.value.assign(static_cast<const char*>(raw.payload), raw.len);
  rd_kafka_timestamp_type_t type;
  record.timestamp_ms = rd_kafka_message_timestamp(&raw, &type);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&raw, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return record;
  const char* name = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  for (size_t i = 0;
       rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i) {
    record.headers[name].assign(static_cast<const char*>(value), size);
  }
  return record;
}

/// Reads partitions [0, partitions) of `topic` to their ends.
inline std::vector<ReadRecord> read_all(const MockKafka& kafka, const std::string& topic,
                                        int partitions) {
  char text[512];
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  const std::string brokers = kafka.brokers();
  const std::initializer_list<std::pair<const char*, const char*>> properties = {
      {"bootstrap.servers", brokers.c_str()},
      {"group.id", "reader"},
      {"enable.partition.eof", "true"},
      {"auto.offset.reset", "earliest"},
      {"fetch.wait.max.ms", "5"}};
  for (const auto& [name, value] : properties) {
    rd_kafka_conf_set(conf, name, value, text, sizeof text);
  }
  rd_kafka_t* reader = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
  rd_kafka_poll_set_consumer(reader);
  rd_kafka_topic_partition_list_t* assignment = rd_kafka_topic_partition_list_new(partitions);
  for (int p = 0; p < partitions; ++p) {
    rd_kafka_topic_partition_list_add(assignment, topic.c_str(), p)->offset =
        RD_KAFKA_OFFSET_BEGINNING;
  }
  rd_kafka_assign(reader, assignment);
  std::vector<ReadRecord> records;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  int ends = 0;
  while (ends < partitions && std::chrono::steady_clock::now() < deadline) {
    rd_kafka_message_t* raw = rd_kafka_consumer_poll(reader, 100);
    if (raw == nullptr) continue;
    if (raw->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) ++ends;
    if (raw->err == RD_KAFKA_RESP_ERR_NO_ERROR) records.push_back(read_record(*raw));
    rd_kafka_message_destroy(raw);
  }
  EXPECT_EQ(ends, partitions) << "not read to the end in time";
  rd_kafka_topic_partition_list_destroy(assignment);
  rd_kafka_consumer_close(reader);
  rd_kafka_destroy(reader);
  return records;
}

}  // namespace freshet
