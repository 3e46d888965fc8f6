#pragma once

#include <string>

#include "config/result.h"

namespace freshet {

/// A new directory that goes when it goes out of scope. Confined to one thread.
class ScratchDirectory {
 public:
  /// Errors: kUnavailable when the system's temporary directory cannot be written.
  static Result<ScratchDirectory> create();
  ScratchDirectory(ScratchDirectory&& other) noexcept;
  ScratchDirectory& operator=(ScratchDirectory&&) = delete;
  ~ScratchDirectory();

  const std::string& path() const { return path_; }

 private:
  explicit ScratchDirectory(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

}  // namespace freshet
