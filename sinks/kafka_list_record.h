#pragma once

#include <string>

#include "config/result.h"
#include "config/time.h"
#include "scoring/ranked_list.h"
#include "sinks/kafka_producer.h"

namespace freshet {

/// Queues `list` on `producer` as a record of `topic`: key = user, value = encode_list, headers
/// partition, offset, epoch, model_version, revision. A removal has no value. Errors and
/// `on_answer`: those of KafkaProducer::send.
Status send_list(KafkaProducer& producer, const std::string& topic, const RankedList& list,
                 EventTime published_time, KafkaProducer::OnAnswer on_answer);

}  // namespace freshet
