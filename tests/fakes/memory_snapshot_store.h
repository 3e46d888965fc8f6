#pragma once

#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <string>

#include "state/snapshot_store.h"

namespace freshet {

/// A snapshot store in memory that can lose, cut and alter objects, and fail. Thread-safe.
class MemorySnapshotStore final : public SnapshotStore {
 public:
  // --- levers ---

  /// All objects; to cut or alter them.
  std::map<std::string, std::string>& objects() { return objects_; }

  /// The `n`-th write from now fails (1 = the next one), and every one after it; 0 = none does.
  void fail_write(int n) {
    writes_left_ = n;
    failed_ = false;
  }

  // --- SnapshotStore ---

  Status put_files(std::span<const FileToStore> files) override {
    for (const auto& [name, path] : files) {
      std::ifstream file(path, std::ios::binary);
      const std::lock_guard lock(mutex_);
      if (!file || fails()) return error(ErrorCode::kUnavailable, "planted failure: " + name);
      objects_[name] = std::string(std::istreambuf_iterator<char>(file), {});
    }
    return {};
  }

  Status fetch_file(const std::string& name, const std::string& path) override {
    const auto bytes = read(name);
    if (!bytes) return tl::unexpected(bytes.error());
    std::ofstream(path, std::ios::binary) << *bytes;
    return {};
  }

  Result<bool> create(const std::string& name, const std::string& bytes) override {
    const std::lock_guard lock(mutex_);
    if (fails()) return error(ErrorCode::kUnavailable, "planted failure: " + name);
    return objects_.emplace(name, bytes).second;
  }

  Result<std::string> read(const std::string& name) override {
    const std::lock_guard lock(mutex_);
    const auto it = objects_.find(name);
    if (it == objects_.end()) return error(ErrorCode::kNotFound, "no object " + name);
    return it->second;
  }

  Result<std::vector<StoredObject>> list(const std::string& prefix) override {
    const std::lock_guard lock(mutex_);
    std::vector<StoredObject> found;
    for (const auto& [name, bytes] : objects_) {
      if (name.starts_with(prefix)) found.push_back({name, bytes.size()});
    }
    return found;
  }

  Status remove(const std::string& name) override {
    const std::lock_guard lock(mutex_);
    objects_.erase(name);
    return {};
  }

 private:
  bool fails() {
    if (writes_left_ > 0 && --writes_left_ == 0) failed_ = true;
    return failed_;
  }

  std::mutex mutex_;
  std::map<std::string, std::string> objects_;
  int writes_left_ = 0;
  bool failed_ = false;
};

}  // namespace freshet
