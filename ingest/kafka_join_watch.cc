#include "ingest/kafka_join_watch.h"

namespace freshet {
namespace {

// Of Kafka's protocol.
constexpr int16_t kJoinGroup = 11;
constexpr int16_t kSyncGroup = 14;
constexpr const char* kName = "freshet-join-watch";

}  // namespace

void KafkaJoinWatch::install(rd_kafka_conf_t* conf) {
  rd_kafka_conf_interceptor_add_on_new(conf, kName, &KafkaJoinWatch::on_new, this);
}

rd_kafka_resp_err_t KafkaJoinWatch::on_new(rd_kafka_t* handle, const rd_kafka_conf_t*, void* watch,
                                           char*, size_t) {
  rd_kafka_interceptor_add_on_request_sent(handle, kName, &KafkaJoinWatch::on_request_sent, watch);
  rd_kafka_interceptor_add_on_response_received(handle, kName,
                                                &KafkaJoinWatch::on_response_received, watch);
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t KafkaJoinWatch::on_request_sent(rd_kafka_t*, int, const char*, int32_t,
                                                    int16_t api, int16_t, int32_t, size_t,
                                                    void* watch) {
  if (api == kJoinGroup) static_cast<KafkaJoinWatch*>(watch)->joining_ = true;
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t KafkaJoinWatch::on_response_received(rd_kafka_t*, int, const char*, int32_t,
                                                         int16_t api, int16_t, int32_t, size_t,
                                                         int64_t, rd_kafka_resp_err_t,
                                                         void* watch) {
  if (api == kSyncGroup) static_cast<KafkaJoinWatch*>(watch)->joining_ = false;
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

}  // namespace freshet
