#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/kafka/kafka_topics.h"

namespace freshet::test {

/// A list as it stands in the lists' topic, without its items.
struct SeenList {
  std::string user;
  std::int64_t partition = -1;  ///< Of the events.
  std::int64_t offset = -1;     ///< Of the newest event that it reflects.
  std::int64_t epoch = -1;
  std::int64_t revision = -1;
  std::int64_t time_ms = 0;  ///< When the broker appended it.
};

/// A whole number in a record's header; -1 = there is none.
std::int64_t header(const TopicRecord& record, const std::string& name);

/// Follows the lists' topic. Confined to one thread.
class ListLog {
 public:
  ListLog(std::string brokers, std::string topic)
      : brokers_(std::move(brokers)), topic_(std::move(topic)) {}

  /// Reads what has come since; returns all so far, those of one user in the topic's order. While
  /// no broker answers there is nothing new.
  const std::vector<SeenList>& read();

 private:
  const std::string brokers_;
  const std::string topic_;
  std::optional<TopicReader> reader_;
  std::vector<SeenList> lists_;
};

/// What consumers hold after all `lists`, by the rule of the newest (offset, epoch, revision).
struct HeldLists {
  std::map<std::string, std::int64_t> newest_offset;  ///< By user.
  std::size_t ignored = 0;  ///< Lists that came again, or late: no news by the rule.
};
HeldLists held_lists(const std::vector<SeenList>& lists);

/// Append time of the first list after `from_ms`; -1 = there is none.
std::int64_t first_list_after(const std::vector<SeenList>& lists, std::int64_t from_ms);

/// Longest time without a new list, of the worst partition, that ended between the two times.
std::int64_t longest_gap_ms(const std::vector<SeenList>& lists, std::int64_t from_ms,
                            std::int64_t to_ms);

/// The system's clock, the brokers' too.
std::int64_t now_ms();

}  // namespace freshet::test
