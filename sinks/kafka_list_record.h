#pragma once

#include <optional>
#include <string>

#include "config/result.h"
#include "config/time.h"
#include "scoring/ranked_list.h"
#include "sinks/kafka_producer.h"

namespace freshet {

/// A list as the bytes of a record.
struct EncodedList {
  std::string user;                  ///< The key.
  std::optional<std::string> value;  ///< As encode_list; a removal has none.
  std::string partition, offset, epoch, model_version, revision;  ///< Headers of these names.
};

EncodedList encode_list_record(const RankedList& list, EventTime published_time);

/// Queues `list` on `producer` as a record of `topic`. Errors and `on_answer`: those of
/// KafkaProducer::send.
Status send_list(KafkaProducer& producer, const std::string& topic, const EncodedList& list,
                 KafkaProducer::OnAnswer on_answer);

}  // namespace freshet
