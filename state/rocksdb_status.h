#pragma once

#include <rocksdb/status.h>

#include <string>

#include "config/result.h"

namespace freshet {

inline ErrorCode rocksdb_error_code(const rocksdb::Status& status) {
  if (status.IsCorruption()) return ErrorCode::kCorrupt;
  return status.IsNoSpace() ? ErrorCode::kNoSpace : ErrorCode::kUnavailable;
}

/// Returns the error that `status` is; `doing`: "open", "read", ...
inline tl::unexpected<Error> rocksdb_failure(const char* doing, const std::string& directory,
                                             const rocksdb::Status& status) {
  const std::string text = status.ToString();
  const bool locked = status.IsIOError() && text.find("/LOCK:") != std::string::npos;
  return error(rocksdb_error_code(status),
               std::string(doing) + " state database " + directory + ": " + text +
                   (locked ? ". Another process uses it: stop that one, or give this one its "
                             "own state.directory"
                           : ""));
}

}  // namespace freshet
