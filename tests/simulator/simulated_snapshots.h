#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "state/start_choice.h"
#include "tests/fakes/memory_snapshot_store.h"
#include "tests/simulator/simulated_store.h"

namespace freshet::sim {

/// What a partition is started from.
struct Start {
  enum class Kind { kLocal, kSnapshot, kNew };
  Kind kind = Kind::kNew;
  Image image;  ///< Of a snapshot.
};

/// The directory of snapshots that all machines share: the real manifests, catalogue, register of
/// epochs and choice of the start, around databases that are one opaque file each. Confined to one
/// thread.
class SimulatedSnapshots {
 public:
  explicit SimulatedSnapshots(World& world) : world_(world) {}

  /// Copies a database; `others` runs between the file and the manifest, where the process may die.
  void take(const TopicPartition& of, const Image& image, const std::function<void()>& others);

  /// An epoch larger than `seen` and than any that any machine took before.
  Epoch take_epoch(const TopicPartition& of, Epoch seen);

  /// The newest sound state that fits the log: `local`, which may be null, or a snapshot. Errors:
  /// the start is refused.
  Result<Start> choose(const Image* local, const LogView& log, GapPolicy policy);

  /// An object is lost, or cut short.
  void damage();

 private:
  Result<Image> fetch(const SnapshotManifest& manifest);

  World& world_;
  MemorySnapshotStore store_;
  std::map<std::uint64_t, Image> images_;  // By the checksum of their file.
};

}  // namespace freshet::sim
