#include "state/snapshot_catalogue.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "config/durable_file.h"
#include "state/epoch_register.h"

namespace freshet {

Result<SnapshotList> SnapshotCatalogue::list() {
  auto objects = store_.list(names_.manifests());
  if (!objects) return tl::unexpected(objects.error());
  SnapshotList list;
  for (auto object = objects->rbegin(); object != objects->rend(); ++object) {
    const auto bytes = store_.read(object->name);
    if (!bytes && bytes.error().code == ErrorCode::kNotFound) continue;  // Retired meanwhile.
    if (!bytes) return tl::unexpected(bytes.error());
    auto manifest = decode_manifest(*bytes);
    if (!manifest) {
      list.newer_format |= manifest.error().code == ErrorCode::kInvalidConfig;
      list.damaged.push_back(object->name + ": " + manifest.error().text);
    } else if (!(manifest->of == of_)) {
      list.damaged.push_back(object->name + ": it is of another partition");
    } else {
      list.sound.push_back(std::move(*manifest));
    }
  }
  return list;
}

Status SnapshotCatalogue::fetch(const SnapshotManifest& manifest, const std::string& directory) {
  FRESHET_RETURN_IF_ERROR(make_directories(directory));
  for (const SnapshotFile& file : manifest.files) {
    FRESHET_RETURN_IF_ERROR(fetch(file, directory));
  }
  return sync_files_in(directory);
}

Status SnapshotCatalogue::fetch(const SnapshotFile& file, const std::string& directory) {
  const std::string name = names_.of(file);
  const std::string path = directory + "/" + file.name;
  const Status fetched = store_.fetch_file(name, path);
  if (!fetched && fetched.error().code == ErrorCode::kNotFound) {
    return error(ErrorCode::kCorrupt, name + " is missing");
  }
  FRESHET_RETURN_IF_ERROR(fetched);
  const auto checksum = checksum_file(path);
  if (!checksum) return tl::unexpected(checksum.error());
  std::error_code failed;
  if (std::filesystem::file_size(path, failed) == file.size_bytes && *checksum == file.checksum) {
    return {};
  }
  ignore_error(store_.remove(name), "it is found damaged again");
  return error(ErrorCode::kCorrupt, name + " is cut or altered");
}

Status SnapshotCatalogue::retain(std::size_t keep, Epoch owner) {
  const auto newest = EpochRegister(store_, of_).newest();
  if (!newest) return tl::unexpected(newest.error());
  if (*newest > owner) return {};
  auto snapshots = list();
  if (!snapshots) return tl::unexpected(snapshots.error());
  if (snapshots->newer_format) return {};
  std::vector<SnapshotManifest>& kept = snapshots->sound;
  for (; kept.size() > keep; kept.pop_back()) {
    FRESHET_RETURN_IF_ERROR(store_.remove(names_.of(kept.back())));
  }
  for (const std::string& damaged : snapshots->damaged) {
    const std::string name = damaged.substr(0, damaged.find(':'));
    // A newer one is left to be looked at.
    if (kept.size() == keep && name < names_.of(kept.back())) {
      FRESHET_RETURN_IF_ERROR(store_.remove(name));
    }
  }
  return remove_unnamed_files(kept);
}

Status SnapshotCatalogue::remove_unnamed_files(const std::vector<SnapshotManifest>& kept) {
  std::set<std::string> named;
  for (const SnapshotManifest& manifest : kept) {
    for (const SnapshotFile& file : manifest.files) named.insert(names_.of(file));
  }
  auto objects = store_.list(names_.files());
  if (!objects) return tl::unexpected(objects.error());
  for (const StoredObject& object : *objects) {
    if (!named.contains(object.name)) FRESHET_RETURN_IF_ERROR(store_.remove(object.name));
  }
  return {};
}

}  // namespace freshet
