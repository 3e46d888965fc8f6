#include "app/evaluation/sequence_source.h"

#include <algorithm>

namespace freshet {
namespace {

constexpr std::size_t kLinesMax = 500;
constexpr const char* kBlank = " \t\r";

}  // namespace

Status SequenceSource::read_all() {
  read_ = true;
  while (!lines_->exhausted()) {
    auto records = lines_->poll(kLinesMax, std::chrono::milliseconds{0});
    if (!records) return tl::unexpected(records.error());
    for (const Record& record : *records) {
      std::string text(record.value.value_or(""));
      const std::size_t name_size = std::min(text.find_first_of(kBlank), text.size());
      const std::size_t next = text.find_first_not_of(kBlank, name_size);
      if (next == std::string::npos) continue;  // A user without items.
      unread_.push_back(users_.size());
      users_.push_back({std::move(text), name_size, next});
    }
  }
  return {};
}

Result<std::span<const Record>> SequenceSource::poll(std::size_t max, std::chrono::milliseconds) {
  if (!read_) FRESHET_RETURN_IF_ERROR(read_all());
  rows_.clear();
  while (rows_.size() < max && !unread_.empty()) {
    User& user = users_[unread_[at_]];
    append_row(user);
    if (user.next != std::string::npos) unread_[kept_++] = unread_[at_];
    if (++at_ < unread_.size()) continue;
    unread_.resize(kept_);
    at_ = kept_ = 0;
  }
  batch_.clear();
  for (const std::string& row : rows_)
    batch_.push_back({.partition = {}, .offset = Offset{next_row_++}, .key = {}, .value = row});
  return std::span<const Record>(batch_);
}

void SequenceSource::append_row(User& user) {
  const std::size_t end = std::min(user.text.find_first_of(kBlank, user.next), user.text.size());
  rows_.push_back(user.text.substr(0, user.name_size) + ' ' +
                  user.text.substr(user.next, end - user.next));
  user.next = user.text.find_first_not_of(kBlank, end);
}

}  // namespace freshet
