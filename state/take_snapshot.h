#pragma once

#include <optional>
#include <string>

#include "state/rocksdb_store.h"
#include "state/snapshot_writer.h"

namespace freshet {

/// A snapshot that was written.
struct TakenSnapshot {
  StoredPosition position;
  SnapshotCost cost;
};

/// Writes a snapshot of an open database, which may be written to meanwhile: it waits for nothing
/// but the moment in which RocksDB lists its files. `scratch`, a directory on the database's file
/// system, is made and removed. Empty = the database has no position yet. Errors: kUnavailable.
Result<std::optional<TakenSnapshot>> take_snapshot(const RocksDbStore& store,
                                                   SnapshotWriter& writer,
                                                   const std::string& scratch, EventTime now);

}  // namespace freshet
