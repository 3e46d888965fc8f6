#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/ingest_config.h"
#include "config/result.h"
#include "ingest/event_decoder.h"
#include "ingest/file_source.h"

namespace freshet {

/// How the files of a recorded stream are written.
enum class RecordingFormat {
  kConfigured,   ///< As the configuration's `ingest` says (JSONL, CSV, any mapping).
  kSessionItem,  ///< Lines `session item`, a click each, in the order in which they happened.
  kSequences,  ///< Lines `user item item …`, oldest first: all first items, then all second ones.
};

/// One event of a recorded stream.
struct RecordedEvent {
  Event event;
  Offset offset;           ///< Its place in the stream, from 0; rows that are no event count too.
  std::size_t period = 0;  ///< Index of its file.
  PartitionId partition{0};
};

/// The events of files in their order, through the decoder that a running program uses. Rows that
/// carry no time are given one, a millisecond apart. Confined to one thread.
class Recording {
 public:
  /// `config`: how records are decoded; `for_format` gives it. Errors: those of FileSource::open.
  static Result<Recording> open(std::vector<std::string> paths, RecordingFormat format,
                                const IngestConfig& config);

  /// Returns `configured` changed so that it decodes `format`.
  static IngestConfig for_format(RecordingFormat format, IngestConfig configured);

  /// Returns the next event; empty at the end. Errors: a file is lost or damaged.
  Result<std::optional<RecordedEvent>> next();

  /// Bytes of all files, as they lie on disk.
  ReplayProgress progress() const;

  /// Rows that could not be decoded, and the first one's reason; empty = none.
  std::size_t bad_rows() const { return bad_rows_; }
  const std::string& first_bad_row() const { return first_bad_row_; }

 private:
  Recording(std::vector<std::string> paths, RecordingFormat format, const IngestConfig& config);
  Status open_next();
  Result<bool> fill();
  void note_bad_row(const Record& record, const std::string& reason);

  std::vector<std::string> paths_;
  RecordingFormat format_;
  IngestConfig config_;
  std::uint64_t bytes_total_ = 0;
  std::uint64_t bytes_before_file_ = 0;
  std::uint64_t bytes_of_file_ = 0;
  std::size_t next_path_ = 0;
  std::unique_ptr<RecordSource> source_;
  FileSource* file_ = nullptr;  // The source, or what it has read.
  std::unique_ptr<EventDecoder> decoder_;
  std::vector<RecordedEvent> batch_;  // Oldest last.
  std::int64_t rows_ = 0;
  std::size_t bad_rows_ = 0;
  std::string first_bad_row_;
};

}  // namespace freshet
