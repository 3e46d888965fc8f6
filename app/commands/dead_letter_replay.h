#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/time.h"
#include "ingest/kafka_dead_letters.h"

namespace freshet {

/// Headers of a replayed record: the place it was refused at first, and that of its dead letter,
/// both "TOPIC/PARTITION:OFFSET".
inline constexpr const char* kReplayedFromHeader = "freshet-replayed-from";
inline constexpr const char* kDeadLetterHeader = "freshet-dead-letter";

/// One dead letter on its way back.
struct DeadLetterReplay {
  StoredDeadLetter letter;               ///< With the key and value that are sent.
  std::string topic;                     ///< Where it goes.
  std::optional<PartitionId> partition;  ///< Empty = by key.
  std::string outcome;                   ///< What becomes of it; refused: why not.
  bool refused = false;
};

/// What the user allows.
struct DeadLetterReplayRules {
  bool again = false;   ///< Letters that are noted as replayed, too.
  bool poison = false;  ///< Records that killed the process, too.
};

/// Decides for each letter whether and where it goes; sends nothing. `mended`: what shall be sent;
/// `stored`: the same letters as they stand in the topic now. A record goes back to the partition
/// it came from, for only its producer knows by which rule it got there; one whose key was mended
/// goes by key. An event that would be refused again is refused here. Thread-safe.
std::vector<DeadLetterReplay> plan_replay(const Config& config,
                                          std::vector<StoredDeadLetter> mended,
                                          const std::vector<StoredDeadLetter>& stored,
                                          const DeadLetterReplayRules& rules, EventTime now);

/// Sends what is not refused, in order, after it is noted in the dead-letter topic that it is: a
/// replay that dies halfway leaves letters noted and not sent, never the other way round. Returns
/// how many records were acknowledged. Errors: those of Kafka, saying what was sent and what is
/// noted.
Result<std::size_t> send_replay(const Config& config, const std::vector<DeadLetterReplay>& plan);

}  // namespace freshet
