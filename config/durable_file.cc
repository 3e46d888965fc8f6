#include "config/durable_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace freshet {
namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> failure(const char* doing, const std::string& path, const std::string& why) {
  return error(ErrorCode::kUnavailable, std::string(doing) + " " + path + ": " + why);
}

/// A file descriptor that closes itself. Confined to one thread.
class OpenFile {
 public:
  OpenFile(const std::string& path, int flags) : fd_(::open(path.c_str(), flags, 0644)) {}
  ~OpenFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  bool ok() const { return fd_ >= 0; }
  int fd() const { return fd_; }

 private:
  const int fd_;
};

}  // namespace

Status sync_path(const std::string& path) {
  const OpenFile file(path, O_RDONLY | O_CLOEXEC);
  if (file.ok() && ::fsync(file.fd()) == 0) return {};
  return failure("sync", path, std::strerror(errno));
}

Status copy_new(const std::string& from, const std::string& to) {
  std::error_code failed;
  fs::copy_file(from, to, failed);
  if (failed) return failure("copy", from + " to " + to, failed.message());
  return {};
}

Status rename_path(const std::string& from, const std::string& to) {
  std::error_code failed;
  fs::rename(from, to, failed);
  if (failed) return failure("rename", from + " to " + to, failed.message());
  return {};
}

Status write_durably(const std::string& path, const std::string& bytes) {
  const OpenFile file(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC);
  if (!file.ok()) return failure("write", path, std::strerror(errno));
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t n = ::write(file.fd(), bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failure("write", path, std::strerror(errno));
    done += static_cast<std::size_t>(n);
  }
  if (::fsync(file.fd()) != 0) return failure("sync", path, std::strerror(errno));
  return {};
}

Status sync_files_in(const std::string& directory) {
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(directory, failed)) {
    FRESHET_RETURN_IF_ERROR(sync_path(entry.path()));
  }
  if (failed) return failure("list", directory, failed.message());
  return sync_path(directory);
}

Status make_directories(const std::string& directory) {
  std::error_code failed;
  fs::create_directories(directory, failed);
  if (failed) return failure("make directory", directory, failed.message());
  return {};
}

Status remove_tree(const std::string& path) {
  std::error_code failed;
  fs::remove_all(path, failed);
  if (failed) return failure("remove", path, failed.message());
  return {};
}

Status rename_durably(const std::string& from, const std::string& to) {
  FRESHET_RETURN_IF_ERROR(rename_path(from, to));
  return sync_path(fs::path(to).parent_path());
}

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    const ErrorCode code = errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kUnavailable;
    return error(code, "read " + path + ": " + std::strerror(errno));
  }
  std::string bytes;
  file.seekg(0, std::ios::end);
  bytes.resize(static_cast<std::size_t>(std::max<std::streamoff>(0, file.tellg())));
  file.seekg(0);
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  return bytes;
}

Result<std::uint64_t> checksum_file(const std::string& path) {
  const OpenFile file(path, O_RDONLY | O_CLOEXEC);
  if (!file.ok()) return failure("read", path, std::strerror(errno));
  constexpr std::size_t kBlock = 1 << 20;
  std::vector<char> block(kBlock);
  const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> hash(XXH3_createState(),
                                                                      &XXH3_freeState);
  XXH3_64bits_reset(hash.get());
  while (true) {
    const ssize_t n = ::read(file.fd(), block.data(), block.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failure("read", path, std::strerror(errno));
    if (n == 0) return XXH3_64bits_digest(hash.get());
    XXH3_64bits_update(hash.get(), block.data(), static_cast<std::size_t>(n));
  }
}

}  // namespace freshet
