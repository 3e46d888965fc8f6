#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "config/ingest_config.h"
#include "ingest/compressed_file.h"
#include "ingest/record_source.h"

namespace freshet {

/// How far a replay is, in bytes as they lie on disk.
struct ReplayProgress {
  std::uint64_t bytes_read = 0;
  std::uint64_t bytes_total = 0;
};

/// The lines of JSONL or CSV files, plain or packed, as partition 0; the files follow each other.
///
/// A record's offset is its line's number, from 0, counted through all files; blank lines and
/// headings take a number but give no record. A line longer than `record_bytes_max` is cut just
/// above it, so that the decoder calls it too large. Confined to one thread, but for progress().
class FileSource final : public RecordSource {
 public:
  /// Opens the first file; records before `start` are passed over. With format "csv" and no
  /// `csv_columns`, each file's first line is its headings. Errors: kNotFound, kUnavailable,
  /// kCorrupt, kInvalidConfig (no file given).
  static Result<std::unique_ptr<FileSource>> open(std::vector<std::string> paths,
                                                  const IngestConfig& config,
                                                  Offset start = Offset{0});

  Result<std::span<const Record>> poll(std::size_t max, std::chrono::milliseconds wait) override;
  /// High is the next line: how many will follow is not known.
  Watermarks watermarks() const override;
  bool exhausted() const override { return exhausted_; }

  /// The CSV headings: the configuration's, or else the first file's. The decoder needs them.
  const std::vector<std::string>& csv_columns() const { return csv_columns_; }

  /// Thread-safe.
  ReplayProgress progress() const;

 private:
  FileSource(std::vector<std::string> paths, const IngestConfig& config, Offset start);

  // False = no line is left in any file.
  Result<bool> next_line();
  Result<bool> next_line_of_file();
  Result<bool> fill_buffer();
  Status open_file();
  Status read_headings();
  void append_line(std::string_view piece);
  void append_record();

  const std::vector<std::string> paths_;
  const bool reads_headings_;
  const char csv_delimiter_;
  const std::size_t record_bytes_max_;
  const Offset start_;
  std::vector<std::string> csv_columns_;

  std::size_t next_path_ = 0;
  std::unique_ptr<CompressedFile> file_;
  std::vector<char> buffer_;
  std::size_t buffer_begin_ = 0;
  std::size_t buffer_end_ = 0;
  std::string line_;
  Offset next_line_number_{0};  // Of the line that next_line() will read.

  struct Line {
    Offset offset;
    std::size_t size;
  };
  std::string batch_bytes_;
  std::vector<Line> batch_lines_;
  std::vector<Record> batch_;
  bool exhausted_ = false;

  std::uint64_t bytes_total_ = 0;
  std::uint64_t bytes_before_file_ = 0;  // Of the files read to their end.
  std::atomic<std::uint64_t> bytes_read_{0};
};

}  // namespace freshet
