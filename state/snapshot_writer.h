#pragma once

#include <map>
#include <string>

#include "state/snapshot_manifest.h"
#include "state/snapshot_store.h"

namespace freshet {

/// What writing a snapshot took.
struct SnapshotCost {
  std::uint64_t size_bytes = 0;    ///< Of the whole snapshot.
  std::uint64_t copied_bytes = 0;  ///< Of the files that the store did not have.
  std::size_t copied_files = 0;
};

/// Writes snapshots of one open database: only files that the store does not have are copied, the
/// manifest last. Confined to one thread.
class SnapshotWriter {
 public:
  /// `store` outlives this.
  SnapshotWriter(SnapshotStore& store, TopicPartition of)
      : store_(store), of_(std::move(of)), names_(of_) {}

  /// The database was started from `manifest`: its table files need not be read again.
  void know(const SnapshotManifest& manifest);

  /// Stores the files of `directory`, a copy of the database that nobody changes, as the snapshot
  /// at `position`. Errors: kUnavailable; then the store holds no such snapshot, but files may
  /// stay behind until the next retain().
  Result<SnapshotCost> write(const std::string& directory, const StoredPosition& position,
                             EventTime now);

 private:
  Result<SnapshotFile> describe(const std::string& directory, const std::string& name);

  SnapshotStore& store_;
  const TopicPartition of_;
  const SnapshotNames names_;
  std::map<std::string, SnapshotFile> tables_;  // Of the newest snapshot. A table never changes.
};

}  // namespace freshet
