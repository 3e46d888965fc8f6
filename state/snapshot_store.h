#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "config/result.h"

namespace freshet {

/// One object of a snapshot store.
struct StoredObject {
  std::string name;
  std::uint64_t size_bytes = 0;

  friend bool operator==(const StoredObject&, const StoredObject&) = default;
};

/// A file on its way into a snapshot store.
struct FileToStore {
  std::string name;  ///< Of the object.
  std::string path;  ///< Of the file.
};

/// Where snapshots are kept: named, immutable objects. Names are relative paths of letters, digits
/// and `._-/`. Port: a directory, memory (tests); made for an object store too. Several processes
/// use one store at once. Thread-safe. Errors: kUnavailable, unless said otherwise.
class SnapshotStore {
 public:
  virtual ~SnapshotStore() = default;

  /// Stores files as objects, durably when it returns; each is visible as a whole or not at all.
  virtual Status put_files(std::span<const FileToStore> files) = 0;

  /// Writes the object to a new file at `path`; not yet durable. Errors: kNotFound.
  virtual Status fetch_file(const std::string& name, const std::string& path) = 0;

  /// Stores a small object durably unless one of that name is there: of several processes that
  /// try, one is told true.
  virtual Result<bool> create(const std::string& name, const std::string& bytes) = 0;

  /// Returns a small object. Errors: kNotFound.
  virtual Result<std::string> read(const std::string& name) = 0;

  /// Returns all objects whose names begin with `prefix`, which ends with "/", sorted by name.
  virtual Result<std::vector<StoredObject>> list(const std::string& prefix) = 0;

  /// Removes an object; none of that name is no error.
  virtual Status remove(const std::string& name) = 0;
};

}  // namespace freshet
