#include "scoring/learning/checkpoint_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace freshet {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the header is written as it lies in memory");

constexpr std::uint64_t kMagic = 0x4c444d5445485346;  // "FSHETMDL"
constexpr std::uint32_t kFormat = 2;                  // 2: mixture weights of seven experts.

struct Header {
  std::uint64_t magic = kMagic;
  std::uint32_t format = kFormat;
  std::uint32_t reserved = 0;
  std::uint64_t payload_bytes = 0;
  std::uint64_t checksum = 0;  // XXH3 of the payload.
};
static_assert(sizeof(Header) == 32);

std::filesystem::path file_in(const std::string& directory) {
  return std::filesystem::path(directory) / "model.checkpoint";
}

tl::unexpected<Error> system_error(const std::string& doing, const std::filesystem::path& path) {
  return error(ErrorCode::kUnavailable, doing + " " + path.string() + ": " + std::strerror(errno));
}

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

/// Opens, writes and syncs one file.
Status write_file(const std::filesystem::path& path, std::string_view header,
                  std::string_view payload) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return system_error("open checkpoint", path);
  const bool written = write_all(file, header) && write_all(file, payload) && ::fsync(file) == 0;
  Status status;
  if (!written) status = system_error("write checkpoint", path);
  if (::close(file) != 0 && written) status = system_error("close checkpoint", path);
  return status;
}

/// Makes a rename durable.
Status sync_directory(const std::string& directory) {
  const int file = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return system_error("open directory", directory);
  const bool synced = ::fsync(file) == 0;
  ::close(file);
  if (!synced) return system_error("sync directory", directory);
  return {};
}

tl::unexpected<Error> damaged(const std::filesystem::path& path, const std::string& how) {
  return error(ErrorCode::kCorrupt, "read checkpoint " + path.string() + ": " + how +
                                        "; move it away to start with an empty model");
}

}  // namespace

Status write_checkpoint(const std::string& directory, const std::string& payload) {
  std::error_code failure;
  std::filesystem::create_directories(directory, failure);
  if (failure)
    return error(ErrorCode::kUnavailable, "make directory " + directory + ": " + failure.message());
  const Header header{.payload_bytes = payload.size(),
                      .checksum = XXH3_64bits(payload.data(), payload.size())};
  std::string header_bytes(sizeof(Header), '\0');
  std::memcpy(header_bytes.data(), &header, sizeof(Header));
  const std::filesystem::path path = file_in(directory);
  std::filesystem::path beside = path;
  beside += ".new";
  FRESHET_RETURN_IF_ERROR(write_file(beside, header_bytes, payload));
  std::filesystem::rename(beside, path, failure);
  if (failure)
    return error(ErrorCode::kUnavailable,
                 "rename checkpoint " + beside.string() + ": " + failure.message());
  return sync_directory(directory);
}

Result<std::string> read_checkpoint(const std::string& directory) {
  const std::filesystem::path path = file_in(directory);
  std::error_code failure;
  const bool there = std::filesystem::exists(path, failure);
  if (failure)
    return error(ErrorCode::kUnavailable,
                 "look for checkpoint " + path.string() + ": " + failure.message());
  if (!there) return error(ErrorCode::kNotFound, "no checkpoint " + path.string());
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  if (!file) return error(ErrorCode::kUnavailable, "read checkpoint " + path.string());
  std::string bytes = std::move(content).str();
  Header header;
  if (bytes.size() < sizeof(Header)) return damaged(path, "it is cut short");
  std::memcpy(&header, bytes.data(), sizeof(Header));
  if (header.magic != kMagic) return damaged(path, "it is no checkpoint");
  if (header.format != kFormat)
    return damaged(path, "its format is " + std::to_string(header.format) + ", not " +
                             std::to_string(kFormat));
  bytes.erase(0, sizeof(Header));
  if (bytes.size() != header.payload_bytes) return damaged(path, "it is cut short");
  if (XXH3_64bits(bytes.data(), bytes.size()) != header.checksum)
    return damaged(path, "its checksum is wrong");
  return bytes;
}

}  // namespace freshet
