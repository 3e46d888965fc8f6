#pragma once

#include <string>

#include "config/result.h"

namespace freshet {

/// Writes `payload` to the checkpoint file of `directory` (made if missing) under a header with
/// format version, size and checksum. Written beside, synced, then renamed: a crash leaves the old
/// or the new one. Errors: kUnavailable.
Status write_checkpoint(const std::string& directory, const std::string& payload);

/// Reads the payload back. Errors: kNotFound when there is none, kCorrupt when it is damaged or of
/// another format, kUnavailable.
Result<std::string> read_checkpoint(const std::string& directory);

}  // namespace freshet
