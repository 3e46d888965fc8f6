#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/state_config.h"
#include "state/rocksdb_store.h"
#include "state/snapshot_catalogue.h"
#include "state/start_choice.h"

namespace freshet {

/// What a partition's state was started from.
enum class StartKind : std::uint8_t { kLocal, kSnapshot, kNew };
inline constexpr std::size_t kStartKindCount = 3;

/// Returns the kind's name, the metric label.
std::string_view to_string(StartKind kind);

/// A partition's database, checked against its log and ready for recover().
struct RestoredPartition {
  std::unique_ptr<RocksDbStore> store;
  StartKind kind = StartKind::kNew;
  std::optional<SnapshotManifest> snapshot;  ///< What it was started from, if from a snapshot.
  std::vector<std::string> warnings;  ///< What was passed over: damaged snapshots and databases.
};

/// Finds the newest state of a partition: its local database or a snapshot. Confined to one thread.
class PartitionRestorer {
 public:
  /// `snapshots` may be null: none are kept. All outlive this.
  PartitionRestorer(const StateConfig& config, const RocksDbResources& resources,
                    SnapshotStore* snapshots, GapPolicy policy)
      : config_(config), resources_(resources), snapshots_(snapshots), policy_(policy) {}

  /// Opens the partition's database at the newest position that fits the log; a snapshot that is
  /// newer than the local database takes its place. Its next epoch is larger than any that an
  /// instance sharing the snapshots ever took. Errors: kUnavailable (directory locked, snapshot
  /// store away, a state that does not fit under GapPolicy::kFail), kCorrupt (only damaged
  /// states, under GapPolicy::kFail).
  Result<RestoredPartition> restore(const LogView& log);

  /// Where a partition's database lies.
  std::string directory_of(PartitionId partition) const;

 private:
  struct Sources;
  Status open_local(Sources& sources);
  Status list_snapshots(Sources& sources);
  Result<Epoch> epoch_before(const Sources& sources);
  Result<StartKind> place(Sources& sources, const LogView& log);
  Result<StartKind> begin_anew(Sources& sources);
  Status verify(const std::string& directory) const;
  Status bring_in(Sources& sources, std::size_t chosen);
  Status set_local_aside(Sources& sources);

  const StateConfig& config_;
  const RocksDbResources& resources_;
  SnapshotStore* const snapshots_;
  const GapPolicy policy_;
};

}  // namespace freshet
