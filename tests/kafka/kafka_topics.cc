#include "tests/kafka/kafka_topics.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <memory>

namespace freshet::test {
namespace {

using Client = std::unique_ptr<rd_kafka_t, void (*)(rd_kafka_t*)>;
using Deadline = std::chrono::steady_clock::time_point;

constexpr int kPollMs = 100;

bool past(Deadline deadline) { return std::chrono::steady_clock::now() > deadline; }

tl::unexpected<Error> failed(const std::string& doing, const std::string& why) {
  return error(ErrorCode::kUnavailable, doing + ": " + why);
}

Result<Client> make_client(rd_kafka_type_t type,
                           const std::map<std::string, std::string>& properties) {
  char why[512];
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  for (const auto& [name, value] : properties) {
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why, sizeof(why)) !=
        RD_KAFKA_CONF_OK) {
      rd_kafka_conf_destroy(conf);
      return failed("configure a Kafka client", why);
    }
  }
  rd_kafka_t* client = rd_kafka_new(type, conf, why, sizeof(why));
  if (client == nullptr) return failed("make a Kafka client", why);
  return Client(client, &rd_kafka_destroy);
}

// How many partitions of `topic` have a leader; the names of all are 0 .. count-1.
int led_partition_count(rd_kafka_t* client, const std::string& topic) {
  rd_kafka_topic_t* handle = rd_kafka_topic_new(client, topic.c_str(), nullptr);
  const rd_kafka_metadata_t* metadata = nullptr;
  int count = 0;
  if (rd_kafka_metadata(client, 0, handle, &metadata, 2000) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    for (int i = 0; metadata->topic_cnt == 1 && i < metadata->topics[0].partition_cnt; ++i) {
      count += metadata->topics[0].partitions[i].leader >= 0;
    }
    rd_kafka_metadata_destroy(metadata);
  }
  rd_kafka_topic_destroy(handle);
  return count;
}

using Event = std::unique_ptr<rd_kafka_event_t, void (*)(rd_kafka_event_t*)>;

// Waits for the answer that `submit` asks for, and reads the outcome of its only topic.
template <class Submit, class TopicsOf>
Status ask_admin(rd_kafka_t* client, const std::string& doing, const Submit& submit,
                 const TopicsOf& topics_of) {
  const std::unique_ptr<rd_kafka_queue_t, void (*)(rd_kafka_queue_t*)> answers(
      rd_kafka_queue_new(client), &rd_kafka_queue_destroy);
  submit(answers.get());
  const Event answer(rd_kafka_queue_poll(answers.get(), 30000), &rd_kafka_event_destroy);
  if (!answer) return failed(doing, "no answer");
  if (rd_kafka_event_error(answer.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return failed(doing, rd_kafka_event_error_string(answer.get()));
  }
  std::size_t count = 0;
  const rd_kafka_topic_result_t** topics = topics_of(answer.get(), &count);
  if (count == 1 && rd_kafka_topic_result_error(topics[0]) == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return failed(doing, count == 1 ? rd_kafka_topic_result_error_string(topics[0]) : "no outcome");
}

Status submit_creation(rd_kafka_t* client, rd_kafka_NewTopic_t* wanted) {
  return ask_admin(
      client, "create a topic",
      [&](rd_kafka_queue_t* to) { rd_kafka_CreateTopics(client, &wanted, 1, nullptr, to); },
      [](rd_kafka_event_t* event, std::size_t* count) {
        return rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event),
                                                   count);
      });
}

// Enqueues one record; kUnavailable when librdkafka refuses it for another reason than a full
// queue.
Status enqueue(rd_kafka_t* client, const std::string& topic, const TopicRecord& record) {
  for (;;) {
    rd_kafka_headers_t* headers = rd_kafka_headers_new(record.headers.size());
    for (const auto& [name, value] : record.headers) {
      rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                          static_cast<ssize_t>(value.size()));
    }
    void* value = record.value ? const_cast<char*>(record.value->data()) : nullptr;
    const std::size_t value_bytes = record.value ? record.value->size() : 0;
    const rd_kafka_resp_err_t result = rd_kafka_producev(
        client, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(record.partition),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY(record.key.data(), record.key.size()), RD_KAFKA_V_VALUE(value, value_bytes),
        RD_KAFKA_V_TIMESTAMP(record.timestamp_ms), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
    if (result == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
    rd_kafka_headers_destroy(headers);
    if (result != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      return failed("produce to " + topic, rd_kafka_err2str(result));
    }
    rd_kafka_poll(client, kPollMs);
  }
}

TopicRecord copy_of(const rd_kafka_message_t& message) {
  TopicRecord record;
  record.key.assign(static_cast<const char*>(message.key), message.key_len);
  if (message.payload != nullptr) {
    record.value.emplace(static_cast<const char*>(message.payload), message.len);
  }
  record.partition = message.partition;
  record.offset = message.offset;
  record.timestamp_ms = rd_kafka_message_timestamp(&message, nullptr);
  rd_kafka_headers_t* headers = nullptr;
  rd_kafka_message_headers(&message, &headers);
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t value_bytes = 0;
  for (std::size_t i = 0;
       headers != nullptr && rd_kafka_header_get_all(headers, i, &name, &value, &value_bytes) == 0;
       ++i) {
    record.headers.emplace_back(name, std::string(static_cast<const char*>(value), value_bytes));
  }
  return record;
}

Result<Client> make_reader(const std::string& brokers, const std::string& topic) {
  auto client = make_client(RD_KAFKA_CONSUMER, {{"bootstrap.servers", brokers},
                                                {"group.id", "freshet-test-reader"},
                                                {"reconnect.backoff.max.ms", "200"},
                                                {"enable.auto.commit", "false"},
                                                {"auto.offset.reset", "error"},
                                                {"fetch.wait.max.ms", "10"}});
  if (!client) return client;
  rd_kafka_poll_set_consumer(client->get());
  rd_kafka_topic_partition_list_t* partitions = rd_kafka_topic_partition_list_new(1);
  const int count = led_partition_count(client->get(), topic);
  for (int partition = 0; partition < count; ++partition) {
    rd_kafka_topic_partition_list_add(partitions, topic.c_str(), partition)->offset =
        RD_KAFKA_OFFSET_BEGINNING;
  }
  rd_kafka_assign(client->get(), partitions);
  rd_kafka_topic_partition_list_destroy(partitions);
  if (count == 0) return failed("read " + topic, "no such topic");
  return client;
}

// Offsets at which each partition ends now; a partition without records is left out.
Result<std::map<std::int32_t, std::int64_t>> end_offsets(rd_kafka_t* client,
                                                         const std::string& topic) {
  std::map<std::int32_t, std::int64_t> ends;
  const int count = led_partition_count(client, topic);
  for (int partition = 0; partition < count; ++partition) {
    std::int64_t low = 0;
    std::int64_t high = 0;
    const auto result =
        rd_kafka_query_watermark_offsets(client, topic.c_str(), partition, &low, &high, 10000);
    if (result != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return failed("ask where " + topic + " ends", rd_kafka_err2str(result));
    }
    if (high > low) ends[partition] = high;
  }
  return ends;
}

// Next record or end of partition, if one comes before the deadline.
Result<TopicRecord> next_record(rd_kafka_t* client, const std::string& topic, Deadline deadline) {
  for (;;) {
    if (past(deadline)) return error(ErrorCode::kTimedOut, "read " + topic);
    rd_kafka_message_t* message = rd_kafka_consumer_poll(client, kPollMs);
    if (message == nullptr) continue;
    const rd_kafka_resp_err_t result = message->err;
    TopicRecord record;
    if (result == RD_KAFKA_RESP_ERR_NO_ERROR) record = copy_of(*message);
    rd_kafka_message_destroy(message);
    if (result == RD_KAFKA_RESP_ERR_NO_ERROR) return record;
  }
}

}  // namespace

Status create_topic(const std::string& brokers, const std::string& topic, int partition_count,
                    const std::map<std::string, std::string>& properties) {
  auto client = make_client(RD_KAFKA_PRODUCER, {{"bootstrap.servers", brokers}});
  if (!client) return tl::unexpected(client.error());
  char why[256];
  rd_kafka_NewTopic_t* wanted =
      rd_kafka_NewTopic_new(topic.c_str(), partition_count, -1, why, sizeof(why));
  if (wanted == nullptr) return failed("create topic " + topic, why);
  for (const auto& [name, value] : properties) {
    rd_kafka_NewTopic_set_config(wanted, name.c_str(), value.c_str());
  }
  const Status created = submit_creation(client->get(), wanted);
  rd_kafka_NewTopic_destroy(wanted);
  if (!created) return created;
  const Deadline deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (led_partition_count(client->get(), topic) < partition_count) {
    if (past(deadline)) return error(ErrorCode::kTimedOut, "wait for leaders of " + topic);
  }
  return {};
}

Status delete_topic(const std::string& brokers, const std::string& topic) {
  auto client = make_client(RD_KAFKA_CONSUMER, {{"bootstrap.servers", brokers}});
  if (!client) return tl::unexpected(client.error());
  const std::unique_ptr<rd_kafka_DeleteTopic_t, void (*)(rd_kafka_DeleteTopic_t*)> unwanted(
      rd_kafka_DeleteTopic_new(topic.c_str()), &rd_kafka_DeleteTopic_destroy);
  rd_kafka_DeleteTopic_t* topics[] = {unwanted.get()};
  FRESHET_RETURN_IF_ERROR(ask_admin(
      client->get(), "delete topic " + topic,
      [&](rd_kafka_queue_t* to) { rd_kafka_DeleteTopics(client->get(), topics, 1, nullptr, to); },
      [](rd_kafka_event_t* event, std::size_t* count) {
        return rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event),
                                                   count);
      }));
  const Deadline deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (led_partition_count(client->get(), topic) > 0) {
    if (past(deadline)) return error(ErrorCode::kTimedOut, "wait until " + topic + " is gone");
  }
  return {};
}

Status raise_partition_count(const std::string& brokers, const std::string& topic,
                             int partition_count) {
  auto client = make_client(RD_KAFKA_PRODUCER, {{"bootstrap.servers", brokers}});
  if (!client) return tl::unexpected(client.error());
  char why[256] = {};
  const std::unique_ptr<rd_kafka_NewPartitions_t, void (*)(rd_kafka_NewPartitions_t*)> wanted(
      rd_kafka_NewPartitions_new(topic.c_str(), static_cast<std::size_t>(partition_count), why,
                                 sizeof why),
      &rd_kafka_NewPartitions_destroy);
  if (!wanted) return failed("raise the partitions of " + topic, why);
  rd_kafka_NewPartitions_t* topics[] = {wanted.get()};
  FRESHET_RETURN_IF_ERROR(ask_admin(
      client->get(), "raise the partitions of " + topic,
      [&](rd_kafka_queue_t* to) {
        rd_kafka_CreatePartitions(client->get(), topics, 1, nullptr, to);
      },
      [](rd_kafka_event_t* event, std::size_t* count) {
        return rd_kafka_CreatePartitions_result_topics(
            rd_kafka_event_CreatePartitions_result(event), count);
      }));
  const Deadline deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (led_partition_count(client->get(), topic) < partition_count) {
    if (past(deadline)) return error(ErrorCode::kTimedOut, "wait for leaders of " + topic);
  }
  return {};
}

Status produce(const std::string& brokers, const std::string& topic,
               const std::vector<TopicRecord>& records) {
  std::size_t undelivered_count = 0;
  auto client = make_client(RD_KAFKA_PRODUCER, {{"bootstrap.servers", brokers},
                                                {"enable.idempotence", "true"},
                                                {"partitioner", "murmur2_random"},
                                                {"linger.ms", "5"}});
  if (!client) return tl::unexpected(client.error());
  for (const TopicRecord& record : records) {
    FRESHET_RETURN_IF_ERROR(enqueue(client->get(), topic, record));
  }
  rd_kafka_flush(client->get(), 30000);
  undelivered_count = static_cast<std::size_t>(rd_kafka_outq_len(client->get()));
  if (undelivered_count == 0) return {};
  return error(ErrorCode::kTimedOut, "produce to " + topic + ": " +
                                         std::to_string(undelivered_count) + " not acknowledged");
}

Result<std::vector<TopicRecord>> consume(const std::string& brokers, const std::string& topic,
                                         std::size_t count, std::chrono::milliseconds within) {
  const Deadline deadline = std::chrono::steady_clock::now() + within;
  auto client = make_reader(brokers, topic);
  if (!client) return tl::unexpected(client.error());
  std::vector<TopicRecord> records;
  while (records.size() < count) {
    auto record = next_record(client->get(), topic, deadline);
    if (!record) {
      return error(record.error().code, record.error().text + ": " +
                                            std::to_string(records.size()) + " of " +
                                            std::to_string(count) + " records came");
    }
    records.push_back(*std::move(record));
  }
  return records;
}

struct TopicReader::Parts {
  Client client;
  std::string topic;
  std::map<std::int32_t, std::int64_t> next;  // First offset not handed over, by partition.
};

TopicReader::TopicReader(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
TopicReader::~TopicReader() = default;
TopicReader::TopicReader(TopicReader&& other) noexcept = default;
TopicReader& TopicReader::operator=(TopicReader&& other) noexcept = default;

Result<TopicReader> TopicReader::open(const std::string& brokers, const std::string& topic) {
  auto client = make_reader(brokers, topic);
  if (!client) return tl::unexpected(client.error());
  return TopicReader(std::make_unique<Parts>(Parts{std::move(*client), topic, {}}));
}

Status TopicReader::read_on(const std::function<void(TopicRecord)>& visit,
                            std::chrono::milliseconds within) {
  const Deadline deadline = std::chrono::steady_clock::now() + within;
  auto ends = end_offsets(parts_->client.get(), parts_->topic);
  if (!ends) return tl::unexpected(ends.error());
  const auto done = [&](const auto& end) { return parts_->next[end.first] >= end.second; };
  while (!std::all_of(ends->begin(), ends->end(), done)) {
    auto record = next_record(parts_->client.get(), parts_->topic, deadline);
    if (!record) return tl::unexpected(record.error());
    parts_->next[record->partition] = record->offset + 1;
    visit(*std::move(record));
  }
  return {};
}

Result<std::vector<TopicRecord>> consume_all(const std::string& brokers, const std::string& topic,
                                             std::chrono::milliseconds within) {
  auto reader = TopicReader::open(brokers, topic);
  if (!reader) return tl::unexpected(reader.error());
  std::vector<TopicRecord> records;
  FRESHET_RETURN_IF_ERROR(
      reader->read_on([&](TopicRecord record) { records.push_back(std::move(record)); }, within));
  return records;
}

}  // namespace freshet::test
