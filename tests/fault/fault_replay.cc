#include "tests/fault/fault_replay.h"

#include <gtest/gtest.h>

#include "ingest/event_decoder.h"
#include "state/fold.h"
#include "state/rocksdb_store.h"
#include "state/user_state_codec.h"

namespace freshet::test {

Replay replay(const std::vector<TopicRecord>& records) {
  Replay result;
  EventDecoder decoder{IngestConfig{}};
  const Fold fold{StateConfig{}};
  std::map<std::int32_t, std::map<std::string, UserState>> states;
  std::vector<TrainingExample> examples;
  for (const TopicRecord& record : records) {
    const auto event = decoder.decode({PartitionId{record.partition}, Offset{record.offset},
                                       EventTime(std::chrono::milliseconds(record.timestamp_ms)),
                                       record.key, std::string_view(*record.value)});
    if (!event) {
      result.broken.emplace(record.partition, record.offset);
      continue;
    }
    examples.clear();
    fold.apply(**event, {PartitionId{record.partition}, Offset{record.offset}},
               states[record.partition][(*event)->user], examples);
    result.newest_offset[(*event)->user] = record.offset;
  }
  for (const auto& [partition, users] : states) {
    for (const auto& [user, state] : users) result.states[partition][user] = encode(state);
  }
  return result;
}

States stored_states(const std::string& directory, std::int32_t partition_count) {
  StateConfig config;
  config.disk_free_min_bytes = 0;  // It is only read.
  const RocksDbResources resources{config};
  States states;
  for (std::int32_t partition = 0; partition < partition_count; ++partition) {
    auto store =
        RocksDbStore::open(directory + "/partition-" + std::to_string(partition), resources);
    EXPECT_TRUE(store.has_value()) << store.error().text;
    if (!store) continue;
    EXPECT_TRUE((*store)->visit_users([&](std::string_view user, std::string_view state) {
      states[partition].emplace(user, state);
    }));
  }
  return states;
}

}  // namespace freshet::test
