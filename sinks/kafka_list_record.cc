#include "sinks/kafka_list_record.h"

#include <array>
#include <utility>

#include "sinks/list_codec.h"

namespace freshet {

EncodedList encode_list_record(const RankedList& list, EventTime published_time) {
  EncodedList encoded{.user = list.user,
                      .value = {},
                      .partition = std::to_string(list.position.partition.value),
                      .offset = std::to_string(list.position.offset.value),
                      .epoch = std::to_string(list.position.epoch.value),
                      .model_version = std::to_string(list.model_version.value),
                      .revision = std::to_string(list.position.revision)};
  if (!list.forgets) encoded.value = encode_list(list, published_time);
  return encoded;
}

Status send_list(KafkaProducer& producer, const std::string& topic, const EncodedList& list,
                 KafkaProducer::OnAnswer on_answer) {
  const std::array<OutgoingRecord::Header, 5> headers{{{"partition", list.partition},
                                                       {"offset", list.offset},
                                                       {"epoch", list.epoch},
                                                       {"model_version", list.model_version},
                                                       {"revision", list.revision}}};
  return producer.send({.topic = topic, .key = list.user, .value = list.value, .headers = headers},
                       std::move(on_answer));
}

}  // namespace freshet
