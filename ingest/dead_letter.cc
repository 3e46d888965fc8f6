#include "ingest/dead_letter.h"

namespace freshet {

std::string_view to_string(BadRecordReason reason) {
  switch (reason) {
    case BadRecordReason::kTooLarge:
      return "too_large";
    case BadRecordReason::kInvalidUtf8:
      return "invalid_utf8";
    case BadRecordReason::kMalformed:
      return "malformed";
    case BadRecordReason::kWrongType:
      return "wrong_type";
    case BadRecordReason::kMissingField:
      return "missing_field";
    case BadRecordReason::kUnknownAction:
      return "unknown_action";
    case BadRecordReason::kBadTime:
      return "bad_time";
    case BadRecordReason::kBadQuantity:
      return "bad_quantity";
    case BadRecordReason::kBadValue:
      return "bad_value";
    case BadRecordReason::kBadEmbedding:
      return "bad_embedding";
    case BadRecordReason::kPoison:
      return "poison";
  }
  return "malformed";
}

}  // namespace freshet
