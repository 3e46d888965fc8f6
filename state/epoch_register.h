#pragma once

#include "config/ids.h"
#include "state/snapshot_manifest.h"
#include "state/snapshot_store.h"

namespace freshet {

/// The epochs of one partition that any instance ever took, kept in the store that all share: no
/// two owners ever have the same one, whatever their own databases say. Thread-safe.
class EpochRegister {
 public:
  /// `store` outlives this.
  EpochRegister(SnapshotStore& store, const TopicPartition& of) : store_(store), names_(of) {}

  /// Takes an epoch larger than `seen` and than any taken before; durable when it returns.
  Result<Epoch> take(Epoch seen);

  /// Returns the newest epoch taken; 0 = none.
  Result<Epoch> newest();

 private:
  Result<std::vector<Epoch>> all();

  SnapshotStore& store_;
  const SnapshotNames names_;
};

}  // namespace freshet
