#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "config/ingest_config.h"
#include "config/result.h"

namespace freshet {

/// The first records of the user's stream.
struct EventSample {
  std::string from;                  ///< For people: the file, or topic and brokers.
  bool is_topic = false;             ///< Then `keys` are the records' keys; a file has none.
  std::vector<std::string> records;  ///< Values; no tombstones.
  std::vector<std::string> keys;
};

/// Reads at most `count` records of a JSONL file, plain or packed. A sample ends before it takes
/// more memory than a few dozen MiB. Errors: those of FileSource; kInvalidConfig when it is empty.
Result<EventSample> sample_file(const std::string& path, std::size_t count);

/// Reads at most `count` records from the beginning of a topic. Errors: kUnavailable, kNotFound,
/// kInvalidConfig when it is empty.
Result<EventSample> sample_topic(const KafkaSourceConfig& config, const std::string& topic,
                                 std::size_t count);

/// What becomes of the sample under a mapping.
struct SampleTrial {
  std::size_t read = 0;
  std::size_t ignored = 0;                     ///< By ingest.mapping.types.
  std::map<std::string, std::size_t> refused;  ///< By what the dead letter would say.
  std::size_t keyed_by_user = 0;               ///< Of those read: the key is the user.
};
SampleTrial try_mapping(const EventSample& sample, const IngestConfig& config);

}  // namespace freshet
