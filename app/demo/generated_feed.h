#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>

#include "app/demo/clickstream_generator.h"
#include "config/result.h"
#include "config/time.h"
#include "sinks/kafka_record_writer.h"

namespace freshet {

/// Where a generated clickstream goes.
struct GeneratedFeedPorts {
  KafkaRecordWriter& events;
  KafkaRecordWriter& items;
  const Clock& clock;
  /// Records not yet consumed; the feed pauses above `lag_max`. Empty = never pauses.
  std::function<std::int64_t()> lag;
  std::int64_t lag_max = 0;
};

/// Writes generated records to Kafka when they are due, by their event times, until `stop`.
/// Errors: those of KafkaRecordWriter::write.
Status feed_generated(const GeneratorConfig& config, const GeneratedFeedPorts& ports,
                      std::stop_token stop);

}  // namespace freshet
