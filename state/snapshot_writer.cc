#include "state/snapshot_writer.h"

#include <algorithm>
#include <filesystem>

#include "config/assert.h"
#include "config/durable_file.h"

namespace freshet {
namespace {

namespace fs = std::filesystem;

/// A table's name belongs to its bytes as long as the database lives; other files are rewritten.
bool is_table(const std::string& name) { return name.ends_with(".sst"); }

Result<std::vector<std::string>> files_in(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(directory, failed)) {
    if (entry.is_regular_file()) names.push_back(entry.path().filename());
  }
  if (failed) {
    return error(ErrorCode::kUnavailable, "list " + directory + ": " + failed.message());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

void SnapshotWriter::know(const SnapshotManifest& manifest) {
  tables_.clear();
  for (const SnapshotFile& file : manifest.files) {
    if (is_table(file.name)) tables_[file.name] = file;
  }
}

Result<SnapshotFile> SnapshotWriter::describe(const std::string& directory,
                                              const std::string& name) {
  const std::string path = directory + "/" + name;
  std::error_code failed;
  const std::uint64_t size = fs::file_size(path, failed);
  if (failed) return error(ErrorCode::kUnavailable, "read " + path + ": " + failed.message());
  const auto known = tables_.find(name);
  if (known != tables_.end() && known->second.size_bytes == size) return known->second;
  const auto checksum = checksum_file(path);
  if (!checksum) return tl::unexpected(checksum.error());
  return SnapshotFile{name, size, *checksum};
}

Result<SnapshotCost> SnapshotWriter::write(const std::string& directory,
                                           const StoredPosition& position, EventTime now) {
  FRESHET_ASSERT(position.next_offset.has_value(), "a database without a position has no snapshot");
  SnapshotManifest manifest{of_, position, now, {}};
  const auto names = files_in(directory);
  if (!names) return tl::unexpected(names.error());
  // Asked each time: another process may have removed what we once stored.
  const auto stored = store_.list(names_.files());
  if (!stored) return tl::unexpected(stored.error());
  SnapshotCost cost;
  std::vector<FileToStore> missing;
  for (const std::string& name : *names) {
    auto file = describe(directory, name);
    if (!file) return tl::unexpected(file.error());
    const StoredObject object{names_.of(*file), file->size_bytes};
    if (std::find(stored->begin(), stored->end(), object) == stored->end()) {
      missing.push_back({object.name, directory + "/" + name});
      cost.copied_bytes += object.size_bytes;
      ++cost.copied_files;
    }
    manifest.files.push_back(std::move(*file));
  }
  FRESHET_RETURN_IF_ERROR(store_.put_files(missing));
  auto created = store_.create(names_.of(manifest), encode(manifest));
  if (created && !*created) {
    // A forgotten user must not stay in it because no event has come since.
    FRESHET_RETURN_IF_ERROR(store_.remove(names_.of(manifest)));
    created = store_.create(names_.of(manifest), encode(manifest));
  }
  if (!created) return tl::unexpected(created.error());
  know(manifest);
  cost.size_bytes = size_bytes(manifest);
  return cost;
}

}  // namespace freshet
