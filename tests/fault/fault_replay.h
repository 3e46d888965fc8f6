#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/kafka/kafka_topics.h"

namespace freshet::test {

/// Users and the bytes of their states, per partition.
using States = std::map<std::int32_t, std::map<std::string, std::string>>;

/// What a log says should be: folded by one thread, one record at a time.
struct Replay {
  States states;
  std::map<std::string, std::int64_t> newest_offset;       ///< By user.
  std::set<std::pair<std::int32_t, std::int64_t>> broken;  ///< Partition, offset.
};

/// Folds `records`, in their order, with the default configuration.
Replay replay(const std::vector<TopicRecord>& records);

/// The states in the databases partition-0 … under `directory`.
States stored_states(const std::string& directory, std::int32_t partition_count);

}  // namespace freshet::test
