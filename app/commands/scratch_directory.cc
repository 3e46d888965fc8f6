#include "app/commands/scratch_directory.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

namespace freshet {

Result<ScratchDirectory> ScratchDirectory::create() {
  std::error_code failed;
  std::string path = std::filesystem::temp_directory_path(failed) / "freshet-XXXXXX";
  if (failed || !mkdtemp(path.data())) {
    return error(ErrorCode::kUnavailable, "make a temporary directory " + path + ": " +
                                              std::strerror(errno) +
                                              ". Set TMPDIR to a directory that can be written");
  }
  return ScratchDirectory(std::move(path));
}

ScratchDirectory::ScratchDirectory(ScratchDirectory&& other) noexcept
    : path_(std::exchange(other.path_, {})) {}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace freshet
