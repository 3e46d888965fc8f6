#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "config/result.h"

namespace freshet {

/// Bytes of a checkpoint's files by their names (letters, digits, '.', '_', '-').
using CheckpointFiles = std::map<std::string, std::string>;

/// Writes `files` as the newest checkpoint of `directory` (made if missing): a folder of its own,
/// with sizes and checksums in its manifest, synced, then given its name. So a crash leaves it
/// whole or not at all. The newest `kept` stay, older ones go. Errors: kUnavailable.
Status write_checkpoint(const std::string& directory, const CheckpointFiles& files,
                        std::size_t kept = 2);

/// Returns the paths of the checkpoints in `directory`, newest first. Errors: kUnavailable;
/// kCorrupt when there is none but the one file that versions before this one wrote.
Result<std::vector<std::string>> checkpoints_in(const std::string& directory);

/// Reads the checkpoint at `path`. Errors: kCorrupt when a file is missing, cut short or changed,
/// or the format is another one; kUnavailable.
Result<CheckpointFiles> read_checkpoint(const std::string& path);

/// Reads one file of the checkpoint at `path`. Errors as read_checkpoint.
Result<std::string> read_checkpoint_file(const std::string& path, const std::string& name);

/// Moves a checkpoint out of the way, for someone to look at; the one moved before is deleted.
Status set_aside(const std::string& path);

}  // namespace freshet
