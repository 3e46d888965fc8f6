#include "state/directory_snapshot_store.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <list>
#include <random>
#include <set>

#include "config/assert.h"
#include "config/durable_file.h"

namespace freshet {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTemporary = ".tmp-";

bool is_temporary(const fs::path& path) { return path.filename().string().starts_with(kTemporary); }

/// Removes a file when it goes out of scope. Confined to one thread.
class Removal {
 public:
  explicit Removal(std::string path) : path_(std::move(path)) {}
  ~Removal() { ::unlink(path_.c_str()); }
  Removal(const Removal&) = delete;
  Removal& operator=(const Removal&) = delete;

  const std::string& path() const { return path_; }

 private:
  const std::string path_;
};

}  // namespace

Result<std::unique_ptr<DirectorySnapshotStore>> DirectorySnapshotStore::open(
    const std::string& directory) {
  FRESHET_RETURN_IF_ERROR(make_directories(directory));
  return std::unique_ptr<DirectorySnapshotStore>(new DirectorySnapshotStore(directory));
}

std::string DirectorySnapshotStore::path_of(const std::string& name) const {
  FRESHET_ASSERT(!name.empty() && name.front() != '/' && name.find("..") == std::string::npos,
                 "an object's name stays inside the store");
  return directory_ + "/" + name;
}

Result<std::string> DirectorySnapshotStore::temporary_path_for(const std::string& name) const {
  const fs::path path = path_of(name);
  FRESHET_RETURN_IF_ERROR(make_directories(path.parent_path()));
  std::random_device random;  // Processes of several machines may write here at once.
  return path.parent_path() / (kTemporary + std::to_string(::getpid()) + "-" +
                               std::to_string(random()) + std::to_string(random()));
}

Status DirectorySnapshotStore::put_files(std::span<const FileToStore> files) {
  // Step by step for all of them: a file system that is asked to sync many files has little to do
  // after the first.
  std::list<Removal> removals;
  std::set<std::string> directories;
  for (const FileToStore& file : files) {
    const auto temporary = temporary_path_for(file.name);
    if (!temporary) return tl::unexpected(temporary.error());
    removals.emplace_back(*temporary);
    FRESHET_RETURN_IF_ERROR(copy_new(file.path, *temporary));
    directories.insert(fs::path(path_of(file.name)).parent_path());
  }
  for (const Removal& copy : removals) FRESHET_RETURN_IF_ERROR(sync_path(copy.path()));
  auto copy = removals.begin();
  for (const FileToStore& file : files) {
    FRESHET_RETURN_IF_ERROR(rename_path((copy++)->path(), path_of(file.name)));
  }
  for (const std::string& directory : directories) FRESHET_RETURN_IF_ERROR(sync_path(directory));
  return {};
}

Status DirectorySnapshotStore::fetch_file(const std::string& name, const std::string& path) {
  std::error_code failed;
  if (!fs::exists(path_of(name), failed) && !failed) {
    return error(ErrorCode::kNotFound, "no object " + path_of(name));
  }
  return copy_new(path_of(name), path);
}

Result<bool> DirectorySnapshotStore::create(const std::string& name, const std::string& bytes) {
  const auto temporary = temporary_path_for(name);
  if (!temporary) return tl::unexpected(temporary.error());
  const Removal removal(*temporary);
  FRESHET_RETURN_IF_ERROR(write_durably(*temporary, bytes));
  // A hard link, unlike a rename, never replaces what is there.
  if (::link(temporary->c_str(), path_of(name).c_str()) != 0) {
    if (errno == EEXIST) return false;
    return error(ErrorCode::kUnavailable, "link " + path_of(name) + ": " + std::strerror(errno));
  }
  FRESHET_RETURN_IF_ERROR(sync_path(fs::path(path_of(name)).parent_path()));
  return true;
}

Result<std::string> DirectorySnapshotStore::read(const std::string& name) {
  return read_file(path_of(name));
}

Result<std::vector<StoredObject>> DirectorySnapshotStore::list(const std::string& prefix) {
  std::vector<StoredObject> objects;
  const std::string directory = path_of(prefix);
  std::error_code failed;
  fs::recursive_directory_iterator it(directory, failed);
  if (failed == std::errc::no_such_file_or_directory) return objects;
  for (; !failed && it != fs::recursive_directory_iterator(); it.increment(failed)) {
    std::error_code gone;  // Another process may remove what we look at.
    if (!it->is_regular_file(gone) || is_temporary(it->path())) continue;
    const std::uint64_t size = it->file_size(gone);
    if (!gone) objects.push_back({it->path().string().substr(directory_.size() + 1), size});
  }
  if (failed) {
    return error(ErrorCode::kUnavailable, "list " + directory + ": " + failed.message());
  }
  std::sort(objects.begin(), objects.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return objects;
}

Status DirectorySnapshotStore::remove(const std::string& name) {
  if (::unlink(path_of(name).c_str()) == 0 || errno == ENOENT) return {};
  return error(ErrorCode::kUnavailable, "remove " + path_of(name) + ": " + std::strerror(errno));
}

}  // namespace freshet
