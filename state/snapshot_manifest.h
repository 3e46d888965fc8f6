#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/ids.h"
#include "config/result.h"
#include "config/time.h"
#include "state/stored_position.h"

namespace freshet {

/// A partition of a topic with so many partitions: keys go elsewhere when the count changes.
struct TopicPartition {
  std::string topic;
  std::int32_t partition_count = 0;
  PartitionId partition;

  friend bool operator==(const TopicPartition&, const TopicPartition&) = default;
};

/// One file of a database, as it was when the snapshot was taken.
struct SnapshotFile {
  std::string name;  ///< In the database's directory.
  std::uint64_t size_bytes = 0;
  std::uint64_t checksum = 0;  ///< XXH3 of its bytes.

  friend bool operator==(const SnapshotFile&, const SnapshotFile&) = default;
};

/// What a snapshot consists of and where it stands in the log. Written last: a snapshot without a
/// manifest does not exist.
struct SnapshotManifest {
  TopicPartition of;
  StoredPosition position;  ///< Its next_offset is never empty.
  EventTime taken_time{};   ///< By the wall clock; for people and for the age.
  std::vector<SnapshotFile> files;

  friend bool operator==(const SnapshotManifest&, const SnapshotManifest&) = default;
};

/// Bytes of all files.
std::uint64_t size_bytes(const SnapshotManifest& manifest);

/// Writes a manifest with a checksum of its own. Thread-safe.
std::string encode(const SnapshotManifest& manifest);

/// Reads what encode() wrote. Errors: kCorrupt (torn or altered), kInvalidConfig (written by a
/// newer program). Thread-safe.
Result<SnapshotManifest> decode_manifest(std::string_view text);

/// Names of a partition's objects in a snapshot store. Immutable after construction.
class SnapshotNames {
 public:
  explicit SnapshotNames(const TopicPartition& of);

  std::string manifests() const { return root_ + "manifests/"; }
  std::string files() const { return root_ + "files/"; }
  std::string epochs() const { return root_ + "epochs/"; }

  /// Manifests sort by epoch, then by offset: the newest is the last.
  std::string of(const SnapshotManifest& manifest) const;
  /// A file's name says its bytes: two databases never mix theirs up.
  std::string of(const SnapshotFile& file) const;
  std::string of(Epoch epoch) const;

 private:
  const std::string root_;
};

}  // namespace freshet
