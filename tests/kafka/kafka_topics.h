#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/result.h"

namespace freshet::test {

/// A record as tests write and read it.
struct TopicRecord {
  std::string key;
  std::optional<std::string> value;  ///< Empty = tombstone.
  std::int32_t partition = -1;       ///< Written: -1 = by the key's hash, as Java producers do.
  std::int64_t offset = -1;          ///< Read only.
  std::int64_t timestamp_ms = 0;     ///< 0 = now.
  std::vector<std::pair<std::string, std::string>> headers;
};

/// Creates `topic` with `partition_count` partitions and topic properties such as cleanup.policy,
/// replicated as the cluster's default says, and waits until each partition has a leader.
Status create_topic(const std::string& brokers, const std::string& topic, int partition_count,
                    const std::map<std::string, std::string>& properties = {});

/// Deletes `topic` and waits until the brokers no longer show it.
Status delete_topic(const std::string& brokers, const std::string& topic);

/// Gives `topic` more partitions, and waits until each has a leader.
Status raise_partition_count(const std::string& brokers, const std::string& topic,
                             int partition_count);

/// Writes `records` in order and waits until the broker has acknowledged all of them.
Status produce(const std::string& brokers, const std::string& topic,
               const std::vector<TopicRecord>& records);

/// Reads every partition of `topic` from its start until `count` records have come.
/// Errors: kTimedOut (saying how many came) past `within`.
Result<std::vector<TopicRecord>> consume(
    const std::string& brokers, const std::string& topic, std::size_t count,
    std::chrono::milliseconds within = std::chrono::seconds(30));

/// Reads a topic on and on, from its start. Confined to one thread.
class TopicReader {
 public:
  static Result<TopicReader> open(const std::string& brokers, const std::string& topic);
  ~TopicReader();
  TopicReader(TopicReader&& other) noexcept;
  TopicReader& operator=(TopicReader&& other) noexcept;

  /// Hands over each record that stands in the topic now and was not handed over before; those of
  /// one partition in their order.
  Status read_on(const std::function<void(TopicRecord)>& visit,
                 std::chrono::milliseconds within = std::chrono::seconds(30));

 private:
  struct Parts;
  explicit TopicReader(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

/// Reads what stands in `topic` now: from each partition's start to its high watermark.
Result<std::vector<TopicRecord>> consume_all(
    const std::string& brokers, const std::string& topic,
    std::chrono::milliseconds within = std::chrono::seconds(30));

}  // namespace freshet::test
