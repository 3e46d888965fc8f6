#pragma once

#include <memory>
#include <string>

#include "state/snapshot_store.h"

namespace freshet {

/// Snapshots as files under one directory, which several machines may mount. It must know hard
/// links, fsync and atomic renames, as local file systems and NFS do. Thread-safe.
class DirectorySnapshotStore final : public SnapshotStore {
 public:
  /// Makes the directory if need be. Errors: kUnavailable.
  static Result<std::unique_ptr<DirectorySnapshotStore>> open(const std::string& directory);

  Status put_files(std::span<const FileToStore> files) override;
  Status fetch_file(const std::string& name, const std::string& path) override;
  Result<bool> create(const std::string& name, const std::string& bytes) override;
  Result<std::string> read(const std::string& name) override;
  Result<std::vector<StoredObject>> list(const std::string& prefix) override;
  Status remove(const std::string& name) override;

 private:
  explicit DirectorySnapshotStore(std::string directory) : directory_(std::move(directory)) {}

  std::string path_of(const std::string& name) const;
  Result<std::string> temporary_path_for(const std::string& name) const;

  const std::string directory_;
};

}  // namespace freshet
