#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "config/state_config.h"
#include "config/time.h"
#include "state/metrics.h"
#include "state/rocksdb_store.h"
#include "state/snapshot_writer.h"

namespace freshet {

/// Takes snapshots of the partitions that this process owns, from time to time on a thread of its
/// own, and a last one when a partition is given up. A partition's task goes on meanwhile.
/// Thread-safe.
class SnapshotKeeper {
 public:
  /// All outlive this.
  SnapshotKeeper(const StateConfig& config, SnapshotStore& snapshots, StateMetrics& metrics,
                 const Clock& clock);

  /// Begins with a partition. `store` lives until release(); `epoch` is the owner's; `snapshot` is
  /// what it was started from, if any.
  void watch(TopicPartition of, const RocksDbStore& store, Epoch epoch,
             const SnapshotManifest* snapshot);

  /// Takes a last snapshot of what changed if the store is `sound`, and is done with the partition.
  /// Nothing else uses its store by now. A failure is logged: the next owner replays more.
  void release(PartitionId partition, bool sound);

  /// Sets the snapshots' ages.
  void record_ages();

 private:
  struct Watched {
    TopicPartition of;
    const RocksDbStore& store;
    Epoch epoch;
    SnapshotWriter writer;
    SteadyTime next_time;
    EventTime newest_time;  // Of the newest snapshot, or of the start.
    std::uint64_t write_count = 0;
    bool busy = false;
  };

  void run(std::stop_token stop);
  void snapshot_if_changed(Watched& watched);
  Status snapshot(Watched& watched);
  std::string scratch_of(PartitionId partition) const;

  const StateConfig& config_;
  SnapshotStore& snapshots_;
  StateMetrics& metrics_;
  const Clock& clock_;
  std::mutex mutex_;  // Guards what follows; a busy entry is its taker's alone.
  std::condition_variable_any changed_;
  std::map<PartitionId, Watched> watched_;
  std::jthread thread_;  // Last: joined before the rest goes.
};

}  // namespace freshet
