#include "sinks/kafka_list_record.h"

#include <array>
#include <optional>
#include <string_view>

#include "sinks/list_codec.h"

namespace freshet {

Status send_list(KafkaProducer& producer, const std::string& topic, const RankedList& list,
                 EventTime published_time, KafkaProducer::OnAnswer on_answer) {
  const std::string json = list.forgets ? "" : encode_list(list, published_time);
  const auto value = list.forgets ? std::nullopt : std::optional<std::string_view>(json);
  const std::string partition = std::to_string(list.position.partition.value);
  const std::string offset = std::to_string(list.position.offset.value);
  const std::string epoch = std::to_string(list.position.epoch.value);
  const std::string model_version = std::to_string(list.model_version.value);
  const std::string revision = std::to_string(list.position.revision);
  const std::array<OutgoingRecord::Header, 5> headers{{{"partition", partition},
                                                       {"offset", offset},
                                                       {"epoch", epoch},
                                                       {"model_version", model_version},
                                                       {"revision", revision}}};
  return producer.send({.topic = topic, .key = list.user, .value = value, .headers = headers},
                       std::move(on_answer));
}

}  // namespace freshet
