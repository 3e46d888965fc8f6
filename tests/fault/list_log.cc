#include "tests/fault/list_log.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "docs/examples/newest_lists.h"

namespace freshet::test {

std::int64_t header(const TopicRecord& record, const std::string& name) {
  for (const auto& [key, value] : record.headers) {
    if (key == name) return std::stoll(value);
  }
  return -1;
}

const std::vector<SeenList>& ListLog::read() {
  if (!reader_) {
    auto opened = TopicReader::open(brokers_, topic_);
    if (!opened) return lists_;
    reader_ = std::move(*opened);
  }
  ignore_error(reader_->read_on([&](const TopicRecord& list) {
    lists_.push_back({list.key, header(list, "partition"), header(list, "offset"),
                      header(list, "epoch"), header(list, "revision"), list.timestamp_ms});
  }),
               "whoever waits asks again");
  return lists_;
}

HeldLists held_lists(const std::vector<SeenList>& lists) {
  HeldLists held;
  NewestLists consumer;
  for (const SeenList& list : lists) {
    if (consumer.take(list.user, {list.offset, list.epoch, list.revision}, "")) {
      held.newest_offset[list.user] = list.offset;
    } else {
      ++held.ignored;
    }
  }
  return held;
}

std::int64_t first_list_after(const std::vector<SeenList>& lists, std::int64_t from_ms) {
  std::int64_t first = -1;
  for (const SeenList& list : lists) {
    if (list.time_ms > from_ms && (first < 0 || list.time_ms < first)) first = list.time_ms;
  }
  return first;
}

std::int64_t longest_gap_ms(const std::vector<SeenList>& lists, std::int64_t from_ms,
                            std::int64_t to_ms) {
  std::map<std::int64_t, std::int64_t> last;
  std::int64_t longest = 0;
  for (const SeenList& list : lists) {
    const auto [it, is_first] = last.try_emplace(list.partition, list.time_ms);
    if (!is_first && list.time_ms > from_ms && list.time_ms < to_ms) {
      longest = std::max(longest, list.time_ms - it->second);
    }
    it->second = std::max(it->second, list.time_ms);
  }
  return longest;
}

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace freshet::test
