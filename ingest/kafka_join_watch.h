#pragma once

#include <librdkafka/rdkafka.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace freshet {

/// Watches a group member's requests for whether it is joining its group. A broker answers the
/// requests of one connection in order, so a commit that is sent while a JoinGroup waits for the
/// other members is looked at after the group has moved on: it is refused as one of an old
/// generation, and librdkafka 2.0.2 then takes the whole assignment for lost.
class KafkaJoinWatch {
 public:
  /// Makes `conf`'s client report to this watch, which must outlive the client.
  void install(rd_kafka_conf_t* conf);

  /// From the sending of a JoinGroup until the answer to the SyncGroup that ends it. Thread-safe.
  bool joining() const { return joining_.load(std::memory_order_relaxed); }

 private:
  static rd_kafka_resp_err_t on_new(rd_kafka_t* handle, const rd_kafka_conf_t* conf, void* watch,
                                    char* why, size_t why_size);
  static rd_kafka_resp_err_t on_request_sent(rd_kafka_t* handle, int socket, const char* broker,
                                             int32_t broker_id, int16_t api, int16_t version,
                                             int32_t correlation, size_t size, void* watch);
  static rd_kafka_resp_err_t on_response_received(rd_kafka_t* handle, int socket,
                                                  const char* broker, int32_t broker_id,
                                                  int16_t api, int16_t version, int32_t correlation,
                                                  size_t size, int64_t rtt,
                                                  rd_kafka_resp_err_t failure, void* watch);

  std::atomic<bool> joining_{false};
};

}  // namespace freshet
