#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "config/ingest_config.h"
#include "config/result.h"
#include "config/time.h"
#include "ingest/source_position.h"

namespace freshet {

/// A dead letter as it stands in the dead-letter topic (docs/schemas/dead-letter-headers.json).
struct StoredDeadLetter {
  SourcePosition place;           ///< Its own, in the dead-letter topic.
  std::optional<EventTime> time;  ///< When it was written.
  std::string reason;             ///< A name of BadRecordReason, or of a newer version's.
  std::string text;               ///< What was found and how to mend it.
  std::string topic;              ///< Where the record came from ...
  SourcePosition source;          ///< ... and its place there.
  std::string key;                ///< The record's; empty = none.
  std::string value;              ///< The record's bytes.
  bool cut = false;               ///< Key or value are longer than what was kept.
  /// When it was last noted that the letter is replayed.
  std::optional<EventTime> replayed_time{};
};

/// Header of a record without a value that notes that a letter of the same partition is replayed;
/// its value is the letter's offset.
inline constexpr const char* kReplayedHeader = "replayed";

/// Which dead letters are wanted.
struct DeadLetterQuery {
  std::size_t count = 20;            ///< The newest so many of those that the rest lets through.
  std::string reason{};              ///< Empty = all.
  std::optional<EventTime> since{};  ///< Written then or later.
  /// Not empty: the letters that stand at these places, and nothing else counts.
  std::vector<SourcePosition> places{};
};

/// Reads dead letters from `topic`, oldest first, each with what is noted of its replay. Reads
/// backwards from the topic's end, and no more of it than it takes. Records that are no dead
/// letters are passed over. `timeout`: how long the brokers may be silent. Errors: kUnavailable,
/// kNotFound (no such topic), kInvalidConfig, kTimedOut.
Result<std::vector<StoredDeadLetter>> read_dead_letters(
    const KafkaSourceConfig& config, const std::string& topic, const DeadLetterQuery& query,
    std::chrono::milliseconds timeout = std::chrono::seconds{10});

}  // namespace freshet
