#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ingest/record_source.h"

namespace freshet {

/// Lines `user item item …` as rows `user item`: every user's first item, then every user's second
/// one, and so on, since such files do not tell the order between users. Reads all lines at once.
/// Confined to one thread.
class SequenceSource final : public RecordSource {
 public:
  explicit SequenceSource(std::unique_ptr<RecordSource> lines) : lines_(std::move(lines)) {}

  Result<std::span<const Record>> poll(std::size_t max, std::chrono::milliseconds wait) override;
  Watermarks watermarks() const override { return {Offset{0}, Offset{next_row_}}; }
  bool exhausted() const override { return read_ && unread_.empty(); }

 private:
  struct User {
    std::string text;       // The line.
    std::size_t name_size;  // Of the user's id at its beginning.
    std::size_t next;       // Where the next item begins.
  };

  Status read_all();
  void append_row(User& user);

  std::unique_ptr<RecordSource> lines_;
  bool read_ = false;
  std::vector<User> users_;
  std::vector<std::size_t> unread_;  // Users with items left, in the order of their lines.
  std::size_t at_ = 0;               // Into unread_: whose turn it is.
  std::size_t kept_ = 0;             // Users before at_ that have items left.
  std::int64_t next_row_ = 0;
  std::vector<std::string> rows_;
  std::vector<Record> batch_;
};

}  // namespace freshet
