#include "app/demo/embedded_broker.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <array>

namespace freshet {

namespace {

/// The client only carries the cluster: what it would log of its own missing brokers is no news.
rd_kafka_conf_t* quiet_configuration() {
  rd_kafka_conf_t* configuration = rd_kafka_conf_new();
  rd_kafka_conf_set_log_cb(configuration, [](const rd_kafka_t*, int, const char*, const char*) {});
  return configuration;
}

}  // namespace

struct EmbeddedBroker::Parts {
  rd_kafka_t* client = nullptr;
  rd_kafka_mock_cluster_t* cluster = nullptr;

  ~Parts() {
    if (cluster) rd_kafka_mock_cluster_destroy(cluster);
    if (client) rd_kafka_destroy(client);
  }
};

EmbeddedBroker::EmbeddedBroker(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
EmbeddedBroker::~EmbeddedBroker() = default;

Result<std::unique_ptr<EmbeddedBroker>> EmbeddedBroker::start() {
  auto parts = std::make_unique<Parts>();
  std::array<char, 512> text{};
  parts->client = rd_kafka_new(RD_KAFKA_PRODUCER, quiet_configuration(), text.data(), text.size());
  if (!parts->client) {
    return error(ErrorCode::kInternal, std::string("start embedded broker: ") + text.data());
  }
  parts->cluster = rd_kafka_mock_cluster_new(parts->client, 1);
  if (!parts->cluster) return error(ErrorCode::kInternal, "start embedded broker: no cluster");
  return std::unique_ptr<EmbeddedBroker>(new EmbeddedBroker(std::move(parts)));
}

std::string EmbeddedBroker::brokers() const {
  return rd_kafka_mock_cluster_bootstraps(parts_->cluster);
}

Status EmbeddedBroker::create_topic(const std::string& topic, int partitions) {
  const rd_kafka_resp_err_t code =
      rd_kafka_mock_topic_create(parts_->cluster, topic.c_str(), partitions, 1);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return error(ErrorCode::kInternal,
               "create topic " + topic + " in the embedded broker: " + rd_kafka_err2str(code));
}

}  // namespace freshet
