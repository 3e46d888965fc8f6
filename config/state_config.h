#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace freshet {

/// Copies of the databases that another process can start from.
struct SnapshotConfig {
  /// Where they are kept, one directory for all instances of a deployment. Empty = none are taken.
  std::string directory;
  /// Time between two snapshots of a partition. Shorter replays less after a crash, and writes
  /// more.
  std::chrono::seconds interval{5 * 60};
  /// Snapshots kept per partition; the older ones stand in when the newest is damaged.
  std::size_t keep = 3;
};

/// The fold and its store.
struct StateConfig {
  /// One RocksDB database per partition is made under this directory.
  std::string directory = "freshet-data/state";
  /// Interactions kept per user. Larger costs bytes per user and time per event.
  std::size_t history_max = 50;
  /// Bought items kept per user.
  std::size_t bought_max = 200;
  /// Shown items kept per user.
  std::size_t shown_max = 50;
  /// Disliked items kept per user.
  std::size_t disliked_max = 100;
  /// Event ids remembered per user to recognise duplicates.
  std::size_t recent_event_ids_max = 32;
  /// Newest history entries that go into a training example and into scoring.
  std::size_t learn_history_max = 20;
  /// Entries of a user this much older than the user's newest event are forgotten, and the user
  /// altogether once that event is this much older than the partition's watermark; 0 = never.
  std::chrono::seconds history_age_max{0};
  /// Silence in event time that ends a session without an id.
  std::chrono::seconds session_gap{30 * 60};
  /// Events further behind the user's newest event are marked late and not learned from.
  std::chrono::seconds late_grace{24 * 3600};
  /// More events of one user in one minute of event time mark a bot, kept out of learning; 0 = off.
  std::uint32_t bot_events_per_minute_max = 300;
  /// A quantity or value above this is absurd: the event is folded but not learned from.
  double absurd_quantity_min = 100000;
  /// Users owed a list and dead letters not acknowledged, in one partition: beyond, its reading
  /// stops until some are.
  std::size_t owed_max = 100'000;
  /// Decoded states of the users who came last, in one partition: their next events need no read.
  std::size_t cache_bytes = 16u << 20;
  /// Memory of all databases together: block cache and memtables.
  std::size_t block_cache_bytes = 256u << 20;
  std::size_t write_buffer_bytes = 128u << 20;
  /// With less room on the disk a partition stands still. RocksDB still needs some then, for what
  /// it has in memory and to merge its files: more than `write_buffer_bytes` is safe.
  std::size_t disk_free_min_bytes = 256u << 20;
  SnapshotConfig snapshots;
};

}  // namespace freshet
