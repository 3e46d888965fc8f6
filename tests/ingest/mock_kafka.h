#pragma once

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <string>

#include "ingest/kafka_client.h"

namespace freshet {

/// librdkafka's mock cluster and a producer to fill it: a broker within the test's own process.
class MockKafka {
 public:
  MockKafka() {
    char why[256];
    // The cluster hangs on a client of its own, which has nowhere to connect to and would say so.
    rd_kafka_conf_t* quiet = rd_kafka_conf_new();
    rd_kafka_conf_set(quiet, "log_level", "3", why, sizeof why);
    handle_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, quiet, why, sizeof why));
    cluster_ = rd_kafka_mock_cluster_new(handle_.get(), 1);
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", brokers().c_str(), why, sizeof why);
    rd_kafka_conf_set(conf, "linger.ms", "1", why, sizeof why);
    producer_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why));
  }

  ~MockKafka() {
    producer_.reset();
    rd_kafka_mock_cluster_destroy(cluster_);
  }

  std::string brokers() const { return rd_kafka_mock_cluster_bootstraps(cluster_); }
  rd_kafka_mock_cluster_t* cluster() { return cluster_; }

  void create_topic(const std::string& name, int partition_count) {
    ASSERT_EQ(rd_kafka_mock_topic_create(cluster_, name.c_str(), partition_count, 1),
              RD_KAFKA_RESP_ERR_NO_ERROR);
  }

  void produce(const std::string& topic, int partition, const std::string& key,
               const std::string& value) {
    ASSERT_EQ(
        rd_kafka_producev(producer_.get(), RD_KAFKA_V_TOPIC(topic.c_str()),
                          RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_KEY(key.data(), key.size()),
                          RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
                          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END),
        RD_KAFKA_RESP_ERR_NO_ERROR);
  }

  void flush() { ASSERT_EQ(rd_kafka_flush(producer_.get(), 20000), RD_KAFKA_RESP_ERR_NO_ERROR); }

  KafkaSourceConfig config() const {
    KafkaSourceConfig config;
    config.brokers = brokers();
    config.events_topic = "events";
    config.group = "group";
    config.session_timeout = std::chrono::seconds{6};
    // The mock waits out every empty fetch.
    config.fetch_wait_max = std::chrono::milliseconds{1};
    return config;
  }

 private:
  KafkaHandle handle_;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
  KafkaHandle producer_;
};

}  // namespace freshet
