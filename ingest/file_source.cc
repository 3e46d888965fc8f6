#include "ingest/file_source.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "ingest/csv_fields.h"

namespace freshet {
namespace {

constexpr std::size_t kBufferBytes = 256 << 10;
// A batch ends here even when its records are large, so that memory stays bounded.
constexpr std::size_t kBatchBytesMax = 4 << 20;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::uint64_t size_of(const std::vector<std::string>& paths) {
  std::uint64_t bytes = 0;
  for (const std::string& path : paths) {
    std::error_code trouble;
    const auto size = std::filesystem::file_size(path, trouble);
    if (!trouble) bytes += size;
  }
  return bytes;
}

}  // namespace

Result<std::unique_ptr<FileSource>> FileSource::open(std::vector<std::string> paths,
                                                     const IngestConfig& config, Offset start) {
  if (paths.empty()) return error(ErrorCode::kInvalidConfig, "no file to read: name at least one");
  // All are looked at before the first is read: a typing error shows at once, not after an hour.
  for (const std::string& path : paths) {
    if (auto file = CompressedFile::open(path); !file) return tl::unexpected(file.error());
  }
  std::unique_ptr<FileSource> source(new FileSource(std::move(paths), config, start));
  FRESHET_RETURN_IF_ERROR(source->open_file());
  return source;
}

FileSource::FileSource(std::vector<std::string> paths, const IngestConfig& config, Offset start)
    : paths_(std::move(paths)),
      reads_headings_(config.format == "csv" && config.csv_columns.empty()),
      csv_delimiter_(config.csv_delimiter),
      record_bytes_max_(config.record_bytes_max),
      start_(start),
      csv_columns_(config.csv_columns),
      buffer_(kBufferBytes),
      bytes_total_(size_of(paths_)) {}

Result<std::span<const Record>> FileSource::poll(std::size_t max, std::chrono::milliseconds) {
  batch_bytes_.clear();
  batch_lines_.clear();
  batch_.clear();
  while (batch_lines_.size() < max && batch_bytes_.size() < kBatchBytesMax && !exhausted_) {
    const auto found = next_line();
    // What was read before the trouble is delivered first; the next poll meets the trouble again.
    if (!found && batch_lines_.empty()) return tl::unexpected(found.error());
    if (!found) break;
    exhausted_ = !*found;
    const Offset offset{next_line_number_.value - 1};
    if (exhausted_ || line_.empty() || offset < start_) continue;
    append_record();
  }
  std::size_t begin = 0;
  for (const Line& line : batch_lines_) {
    Record& record = batch_.emplace_back();
    record.offset = line.offset;
    record.value = std::string_view(batch_bytes_).substr(begin, line.size);
    begin += line.size;
  }
  return std::span<const Record>(batch_);
}

Watermarks FileSource::watermarks() const { return {Offset{0}, next_line_number_}; }

ReplayProgress FileSource::progress() const {
  return {bytes_read_.load(std::memory_order_relaxed), bytes_total_};
}

void FileSource::append_record() {
  batch_lines_.push_back({Offset{next_line_number_.value - 1}, line_.size()});
  batch_bytes_ += line_;
}

Result<bool> FileSource::next_line() {
  while (true) {
    if (file_ == nullptr) {
      if (next_path_ == paths_.size()) return false;
      FRESHET_RETURN_IF_ERROR(open_file());
    }
    const auto found = next_line_of_file();
    if (!found || *found) return found;
    bytes_before_file_ += file_->bytes_total();
    file_ = nullptr;
  }
}

Status FileSource::open_file() {
  auto file = CompressedFile::open(paths_[next_path_]);
  if (!file) return tl::unexpected(std::move(file).error());
  file_ = std::move(*file);
  ++next_path_;
  buffer_begin_ = buffer_end_ = 0;
  return reads_headings_ ? read_headings() : Status{};
}

Status FileSource::read_headings() {
  const std::string& path = paths_[next_path_ - 1];
  const auto found = next_line_of_file();
  if (!found) return tl::unexpected(found.error());
  CsvRow row(csv_delimiter_);
  if (!*found || line_.empty() || !row.parse(line_)) {
    return error(ErrorCode::kCorrupt,
                 fmt::format("{}: its first line is no row of CSV headings; add one, or set "
                             "ingest.csv_columns",
                             path));
  }
  std::vector<std::string> headings;
  for (std::size_t i = 0; i < row.size(); ++i) headings.emplace_back(row[i]);
  if (csv_columns_.empty()) csv_columns_ = headings;
  if (headings == csv_columns_) return {};
  return error(ErrorCode::kCorrupt,
               fmt::format("{}: its headings ({}) differ from the first file's ({}); replay it by "
                           "itself, or set ingest.csv_columns",
                           path, shortened(fmt::format("{}", fmt::join(headings, ",")), 200),
                           shortened(fmt::format("{}", fmt::join(csv_columns_, ",")), 200)));
}

Result<bool> FileSource::next_line_of_file() {
  line_.clear();
  bool begun = false;
  while (true) {
    if (buffer_begin_ == buffer_end_) {
      const auto filled = fill_buffer();
      if (!filled) return filled;
      if (!*filled) break;
    }
    begun = true;
    const char* begin = buffer_.data() + buffer_begin_;
    const std::size_t left = buffer_end_ - buffer_begin_;
    const void* end = std::memchr(begin, '\n', left);
    const std::size_t size =
        end == nullptr ? left : static_cast<std::size_t>(static_cast<const char*>(end) - begin);
    append_line(std::string_view(begin, size));
    buffer_begin_ += size + (end == nullptr ? 0 : 1);
    if (end != nullptr) break;
  }
  if (!begun) return false;
  if (line_.ends_with('\r')) line_.pop_back();
  if (line_.starts_with(kByteOrderMark)) line_.erase(0, kByteOrderMark.size());
  ++next_line_number_.value;
  return true;
}

void FileSource::append_line(std::string_view piece) {
  line_ += piece.substr(0, record_bytes_max_ + 1 - std::min(line_.size(), record_bytes_max_ + 1));
}

Result<bool> FileSource::fill_buffer() {
  const auto count = file_->read(buffer_.data(), buffer_.size());
  bytes_read_.store(bytes_before_file_ + file_->bytes_read(), std::memory_order_relaxed);
  if (!count) {
    return error(count.error().code,
                 fmt::format("{}, after line {}", count.error().text, next_line_number_.value));
  }
  buffer_begin_ = 0;
  buffer_end_ = *count;
  return *count > 0;
}

}  // namespace freshet
