#include "ingest/compressed_file.h"

#include <fmt/format.h>
#include <zstd.h>

#include <boost/iostreams/concepts.hpp>
#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filter/lzma.hpp>
#include <boost/iostreams/filtering_stream.hpp>
#include <boost/iostreams/operations.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace freshet {
namespace {

namespace io = boost::iostreams;

// Reads the file and counts, below the decompressor, how far it came.
class CountedFile : public io::source {
 public:
  CountedFile(std::ifstream& file, std::uint64_t& bytes_read)
      : file_(&file), bytes_read_(&bytes_read) {}

  std::streamsize read(char* bytes, std::streamsize bytes_max) {
    file_->read(bytes, bytes_max);
    const std::streamsize count = file_->gcount();
    if (file_->bad()) throw std::runtime_error(std::strerror(errno));
    *bytes_read_ += static_cast<std::uint64_t>(count);
    return count == 0 ? -1 : count;
  }

 private:
  std::ifstream* file_;
  std::uint64_t* bytes_read_;
};

// Boost's own zstd filter takes a file that was cut off for one that has ended; this one does not.
class ZstdDecompressor : public io::multichar_input_filter {
 public:
  ZstdDecompressor() : stream_(ZSTD_createDStream(), &ZSTD_freeDStream), packed_(64 << 10) {}

  template <class Source>
  std::streamsize read(Source& source, char* bytes, std::streamsize bytes_max) {
    ZSTD_outBuffer out{bytes, static_cast<std::size_t>(bytes_max), 0};
    while (out.pos == 0) {
      if (in_.pos == in_.size) {
        const auto count =
            io::read(source, packed_.data(), static_cast<std::streamsize>(packed_.size()));
        if (count <= 0) {
          if (owed_ != 0) throw std::runtime_error("the zstd stream is cut off");
          return -1;
        }
        in_ = {packed_.data(), static_cast<std::size_t>(count), 0};
      }
      owed_ = ZSTD_decompressStream(stream_.get(), &out, &in_);
      if (ZSTD_isError(owed_)) throw std::runtime_error(ZSTD_getErrorName(owed_));
    }
    return static_cast<std::streamsize>(out.pos);
  }

 private:
  std::shared_ptr<ZSTD_DStream> stream_;  // Shared: Boost copies its filters.
  std::vector<char> packed_;
  ZSTD_inBuffer in_{nullptr, 0, 0};
  std::size_t owed_ = 0;  // 0 = at the end of a frame.
};

void push_decompressor(io::filtering_istream& stream, std::string_view magic) {
  using namespace std::string_view_literals;
  if (magic.starts_with("\x1F\x8B"sv)) stream.push(io::gzip_decompressor());
  if (magic.starts_with("\xFD"
                        "7zXZ\0"sv))
    stream.push(io::lzma_decompressor());
  if (magic.starts_with("\x28\xB5\x2F\xFD"sv)) stream.push(ZstdDecompressor());
}

}  // namespace

class CompressedFile::Impl {
 public:
  Impl(std::string path, std::ifstream file, std::uint64_t bytes_total)
      : path_(std::move(path)), file_(std::move(file)), bytes_total_(bytes_total) {
    char magic[6] = {};
    file_.read(magic, sizeof magic);
    const auto count = static_cast<std::size_t>(file_.gcount());
    file_.clear();
    file_.seekg(0);
    push_decompressor(stream_, std::string_view(magic, count));
    stream_.push(CountedFile(file_, bytes_read_));
    stream_.exceptions(std::ios::badbit);
  }

  Result<std::size_t> read(char* bytes, std::size_t bytes_max) {
    if (broken_) return tl::unexpected(*broken_);
    try {
      stream_.read(bytes, static_cast<std::streamsize>(bytes_max));
      return static_cast<std::size_t>(stream_.gcount());
    } catch (const std::exception& trouble) {
      broken_ =
          Error{ErrorCode::kCorrupt,
                fmt::format("{}: broken near byte {} of {} ({}): fetch or write the file again",
                            path_, bytes_read_, bytes_total_, trouble.what())};
      return tl::unexpected(*broken_);
    }
  }

  std::uint64_t bytes_read() const { return bytes_read_; }
  std::uint64_t bytes_total() const { return bytes_total_; }

 private:
  const std::string path_;
  std::ifstream file_;
  std::uint64_t bytes_read_ = 0;
  const std::uint64_t bytes_total_;
  io::filtering_istream stream_;
  std::optional<Error> broken_;  // Every later read fails alike.
};

Result<std::unique_ptr<CompressedFile>> CompressedFile::open(const std::string& path) {
  std::error_code trouble;
  if (!std::filesystem::is_regular_file(path, trouble)) {
    return error(ErrorCode::kNotFound, fmt::format("{}: no such file; check the path", path));
  }
  const auto bytes_total = std::filesystem::file_size(path, trouble);
  std::ifstream file(path, std::ios::binary);
  if (trouble || !file) {
    return error(ErrorCode::kUnavailable, fmt::format("{}: cannot be opened ({}); check its rights",
                                                      path, std::strerror(errno)));
  }
  return std::unique_ptr<CompressedFile>(
      new CompressedFile(std::make_unique<Impl>(path, std::move(file), bytes_total)));
}

CompressedFile::CompressedFile(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CompressedFile::~CompressedFile() = default;

Result<std::size_t> CompressedFile::read(char* bytes, std::size_t bytes_max) {
  return impl_->read(bytes, bytes_max);
}
std::uint64_t CompressedFile::bytes_read() const { return impl_->bytes_read(); }
std::uint64_t CompressedFile::bytes_total() const { return impl_->bytes_total(); }

}  // namespace freshet
