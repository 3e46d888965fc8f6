#pragma once

#include <string>
#include <vector>

#include "state/snapshot_manifest.h"
#include "state/snapshot_store.h"

namespace freshet {

/// The snapshots of a partition that can be read, and those that cannot.
struct SnapshotList {
  std::vector<SnapshotManifest> sound;  ///< Newest (epoch, offset) first; files not yet read.
  std::vector<std::string> damaged;     ///< Names of manifests, each with what is wrong.
  bool newer_format = false;            ///< A newer program writes here too.
};

/// The snapshots of one partition in a store. Confined to one thread.
class SnapshotCatalogue {
 public:
  /// `store` outlives this.
  SnapshotCatalogue(SnapshotStore& store, const TopicPartition& of)
      : store_(store), of_(of), names_(of) {}

  /// Reads all manifests; those that are torn, altered or of another partition do not count.
  Result<SnapshotList> list();

  /// Brings the files of `manifest` into the new directory `directory`, each checked by size and
  /// checksum. Errors: kCorrupt (a file is missing, cut or altered, and named; an altered one is
  /// taken out of the store so that the next snapshot brings it again).
  Status fetch(const SnapshotManifest& manifest, const std::string& directory);

  /// Removes all but the newest `keep` sound snapshots, and files that none of the others names.
  /// Does nothing once a later owner than `owner` has taken its epoch: files that it has put before
  /// their manifest have no name yet.
  Status retain(std::size_t keep, Epoch owner);

 private:
  Status fetch(const SnapshotFile& file, const std::string& directory);
  Status remove_unnamed_files(const std::vector<SnapshotManifest>& kept);

  SnapshotStore& store_;
  const TopicPartition of_;
  const SnapshotNames names_;
};

}  // namespace freshet
