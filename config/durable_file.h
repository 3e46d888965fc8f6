#pragma once

#include <cstdint>
#include <string>

#include "config/result.h"

namespace freshet {

/// Files that are whole, and on the disk when a call returns unless said otherwise. Thread-safe.
/// Errors: kUnavailable, naming the path and what the system says.

/// Copies `from` to a new file at `to`; not yet durable.
Status copy_new(const std::string& from, const std::string& to);

/// Renames within one file system; not yet durable.
Status rename_path(const std::string& from, const std::string& to);

/// Makes a file's bytes, or the names in a directory, durable.
Status sync_path(const std::string& path);

/// Writes a new file.
Status write_durably(const std::string& path, const std::string& bytes);

/// Makes a directory's files and their names durable.
Status sync_files_in(const std::string& directory);

/// Makes a directory and those above it.
Status make_directories(const std::string& directory);

/// Removes a file or directory with all that is in it; none is no error.
Status remove_tree(const std::string& path);

/// Renames within one file system; durable.
Status rename_durably(const std::string& from, const std::string& to);

/// Reads a file of this process's own kind as a whole. Errors: kNotFound too.
Result<std::string> read_file(const std::string& path);

/// Returns the XXH3 of a file's bytes.
Result<std::uint64_t> checksum_file(const std::string& path);

}  // namespace freshet
