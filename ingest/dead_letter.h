#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "config/ids.h"

namespace freshet {

/// Why a record was given up. Values are frozen: they stand in stored dead letters.
enum class BadRecordReason : std::uint8_t {
  kTooLarge = 0,
  kInvalidUtf8 = 1,
  kMalformed = 2,  ///< Not JSON, or a CSV row with the wrong number of fields.
  kWrongType = 3,
  kMissingField = 4,
  kUnknownAction = 5,
  kBadTime = 6,  ///< Unreadable, in the wrong unit, or too far in the future.
  kBadQuantity = 7,
  kBadValue = 8,  ///< Another value out of its range (price, too many items, too long an id).
  kBadEmbedding = 9,
  kPoison = 10,  ///< The process died three times with it in hand.
};
inline constexpr std::size_t kBadRecordReasonCount = 11;

/// Returns the reason's name, for example "bad_time": the metric label and the dead letter's
/// header.
std::string_view to_string(BadRecordReason reason);

/// What is wrong with a record and how to mend it.
struct BadRecord {
  BadRecordReason reason = BadRecordReason::kMalformed;
  std::string text;  ///< For people: names the field, what was found and the remedy.
};

/// A record we gave up on, kept with its reason until the dead-letter topic has acknowledged it.
struct DeadLetter {
  std::string topic;  ///< Topic (or file) it came from.
  PartitionId partition;
  Offset offset;
  BadRecord why;
  std::string key;
  std::string value;  ///< The original bytes; cut to SinksConfig::dead_letter_bytes_max.
};

}  // namespace freshet
