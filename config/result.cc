#include "config/result.h"

namespace freshet {

const char* to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidConfig:
      return "invalid config";
    case ErrorCode::kUnavailable:
      return "unavailable";
    case ErrorCode::kTimedOut:
      return "timed out";
    case ErrorCode::kNotFound:
      return "not found";
    case ErrorCode::kNoSpace:
      return "no space";
    case ErrorCode::kCorrupt:
      return "corrupt";
    case ErrorCode::kFenced:
      return "fenced";
    case ErrorCode::kInternal:
      return "internal";
  }
  return "internal";
}

}  // namespace freshet
