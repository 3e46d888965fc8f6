#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "config/result.h"

namespace freshet {

/// The bytes of one file, unpacked if it is gzip, xz or zstd: told by its first bytes, not its
/// name. Files glued together are read as one. Confined to one thread.
class CompressedFile {
 public:
  /// Errors: kNotFound, kUnavailable.
  static Result<std::unique_ptr<CompressedFile>> open(const std::string& path);
  ~CompressedFile();

  /// Reads up to `bytes_max` unpacked bytes; 0 = the end. Errors: kCorrupt with file and position.
  Result<std::size_t> read(char* bytes, std::size_t bytes_max);

  /// Bytes of the file as it lies on disk, read so far and in all.
  std::uint64_t bytes_read() const;
  std::uint64_t bytes_total() const;

 private:
  class Impl;
  explicit CompressedFile(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace freshet
