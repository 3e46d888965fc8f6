#include "app/evaluation/recording.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "app/evaluation/sequence_source.h"

namespace freshet {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kRecordsMax = 500;

/// Time of the first row of a stream whose rows carry none: 2020-01-01.
constexpr EventTime kFirstRowTime{std::chrono::milliseconds{1'577'836'800'000}};

}  // namespace

IngestConfig Recording::for_format(RecordingFormat format, IngestConfig configured) {
  if (format == RecordingFormat::kConfigured) return configured;
  EventMapping mapping;
  mapping.event_id = mapping.type = mapping.event_time = {};
  mapping.value = mapping.quantity = mapping.price = mapping.items = {};
  mapping.session_id = {"user_id"};
  mapping.context.clear();
  mapping.default_type = format == RecordingFormat::kSequences ? "purchase" : "click";
  configured.mapping = mapping;
  configured.format = "csv";
  configured.csv_delimiter = ' ';
  configured.csv_columns = {"user_id", "item_id"};
  configured.context.clear();
  return configured;
}

Result<Recording> Recording::open(std::vector<std::string> paths, RecordingFormat format,
                                  const IngestConfig& config) {
  if (paths.empty()) return error(ErrorCode::kInvalidConfig, "no stream given: name its files");
  Recording recording(std::move(paths), format, config);
  for (const std::string& path : recording.paths_) {
    std::error_code failed;
    const auto size = std::filesystem::file_size(path, failed);
    if (failed) return error(ErrorCode::kNotFound, "open " + path + ": " + failed.message());
    recording.bytes_total_ += size;
  }
  FRESHET_RETURN_IF_ERROR(recording.open_next());
  return recording;
}

Recording::Recording(std::vector<std::string> paths, RecordingFormat format,
                     const IngestConfig& config)
    : paths_(std::move(paths)), format_(format), config_(config) {}

Status Recording::open_next() {
  bytes_before_file_ += bytes_of_file_;
  IngestConfig config = config_;
  // Sequences are unfolded into rows of `user item`; the file's own lines are no CSV.
  if (format_ == RecordingFormat::kSequences) config.format = "json";
  auto file = FileSource::open({paths_[next_path_++]}, config);
  if (!file) return tl::unexpected(file.error());
  file_ = file->get();
  bytes_of_file_ = file_->progress().bytes_total;
  config_.csv_columns =
      format_ == RecordingFormat::kSequences ? config_.csv_columns : file_->csv_columns();
  if (!decoder_) decoder_ = std::make_unique<EventDecoder>(config_);
  if (format_ == RecordingFormat::kSequences) {
    source_ = std::make_unique<SequenceSource>(std::move(*file));
  } else {
    source_ = std::move(*file);
  }
  return {};
}

Result<std::optional<RecordedEvent>> Recording::next() {
  while (batch_.empty()) {
    auto more = fill();
    if (!more) return tl::unexpected(more.error());
    if (!*more) return std::nullopt;
  }
  RecordedEvent event = std::move(batch_.back());
  batch_.pop_back();
  return event;
}

/// Decodes the next records into batch_; false at the end of the last file.
Result<bool> Recording::fill() {
  if (source_->exhausted()) {
    if (next_path_ == paths_.size()) return false;
    FRESHET_RETURN_IF_ERROR(open_next());
  }
  auto records = source_->poll(kRecordsMax, 0ms);
  if (!records) return tl::unexpected(records.error());
  for (Record record : *records) {
    const std::int64_t row = rows_++;
    if (config_.mapping.event_time.empty())
      record.timestamp = kFirstRowTime + std::chrono::milliseconds{row};
    auto event = decoder_->decode(record);
    if (!event) {
      note_bad_row(record, event.error().text);
    } else if (event->has_value()) {
      batch_.push_back({std::move(**event), Offset{row}, next_path_ - 1});
    }
  }
  std::reverse(batch_.begin(), batch_.end());
  return true;
}

void Recording::note_bad_row(const Record& record, const std::string& reason) {
  if (bad_rows_++ > 0) return;
  first_bad_row_ =
      fmt::format("{}:{}: {}", paths_[next_path_ - 1], record.offset.value + 1, reason);
}

ReplayProgress Recording::progress() const {
  return {bytes_before_file_ + file_->progress().bytes_read, bytes_total_};
}

}  // namespace freshet
