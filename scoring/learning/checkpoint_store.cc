// directory  := checkpoint-<number>/ ...     The newest has the largest number.
// checkpoint := one file per entry, and "manifest":
// manifest   := "freshet checkpoint 6" LF entry... "end " checksum LF
// entry      := name " " bytes " " checksum LF
// checksum   := XXH3-64 in 16 hexadecimal digits: of the file; of all lines before the end.
#include "scoring/learning/checkpoint_store.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <iomanip>
#include <optional>
#include <sstream>
#include <string_view>
#include <system_error>
#include <tuple>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "config/durable_file.h"

namespace freshet {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kHead = "freshet checkpoint 6\n";
constexpr const char* kManifest = "manifest";
constexpr std::string_view kPrefix = "checkpoint-";
constexpr const char* kBefore = "model.checkpoint";  // The one file of format 2.

std::string padded(std::uint64_t number, int base, int width) {
  std::ostringstream text;
  text << std::setbase(base) << std::setw(width) << std::setfill('0') << number;
  return std::move(text).str();
}

std::string checksum_of(std::string_view bytes) {
  return padded(XXH3_64bits(bytes.data(), bytes.size()), 16, 16);
}

tl::unexpected<Error> unavailable(const std::string& doing, const fs::path& path,
                                  const std::string& why) {
  return error(ErrorCode::kUnavailable, doing + " " + path.string() + ": " + why);
}

tl::unexpected<Error> damaged(const fs::path& path, const std::string& how) {
  return error(ErrorCode::kCorrupt, "read checkpoint " + path.string() + ": " + how);
}

/// Returns the number in a checkpoint's name.
std::optional<std::uint64_t> number_of(const fs::path& path) {
  const std::string name = path.filename().string();
  if (!name.starts_with(kPrefix)) return std::nullopt;
  std::uint64_t number = 0;
  const char* end = name.data() + name.size();
  const auto [last, problem] = std::from_chars(name.data() + kPrefix.size(), end, number);
  if (problem != std::errc{} || last != end) return std::nullopt;
  return number;
}

std::string manifest_of(const CheckpointFiles& files) {
  std::string manifest(kHead);
  for (const auto& [name, bytes] : files)
    manifest += name + " " + std::to_string(bytes.size()) + " " + checksum_of(bytes) + "\n";
  return manifest + "end " + checksum_of(manifest) + "\n";
}

Status write_files(const fs::path& folder, const CheckpointFiles& files) {
  for (const auto& [name, bytes] : files)
    FRESHET_RETURN_IF_ERROR(write_durably(folder / name, bytes));
  FRESHET_RETURN_IF_ERROR(write_durably(folder / kManifest, manifest_of(files)));
  return sync_path(folder);
}

/// A file that is missing is damage too: the manifest names it, and a manifest is written last.
Result<std::string> read_part(const fs::path& path) {
  auto bytes = read_file(path);
  if (!bytes && bytes.error().code == ErrorCode::kNotFound) return damaged(path, "it is missing");
  return bytes;
}

/// One line of a manifest.
struct Entry {
  std::string name;
  std::size_t bytes = 0;
  std::string checksum;
};

/// Returns the manifest's entries, or an error when it is not as written.
Result<std::vector<Entry>> read_manifest(const fs::path& path) {
  auto text = read_part(path);
  if (!text) return tl::unexpected(text.error());
  if (!text->starts_with(kHead)) return damaged(path, "it is of another format or version");
  const std::size_t end = text->rfind("end ");
  if (end == std::string::npos ||
      text->substr(end) != "end " + checksum_of(text->substr(0, end)) + "\n")
    return damaged(path, "it is cut short or changed");
  std::istringstream lines(text->substr(kHead.size(), end - kHead.size()));
  std::vector<Entry> entries;
  for (Entry entry; lines >> entry.name >> entry.bytes >> entry.checksum;) entries.push_back(entry);
  return entries;
}

Result<std::string> read_entry(const fs::path& folder, const Entry& entry) {
  auto bytes = read_part(folder / entry.name);
  if (!bytes) return bytes;
  if (bytes->size() != entry.bytes) return damaged(folder / entry.name, "it is cut short");
  if (checksum_of(*bytes) != entry.checksum)
    return damaged(folder / entry.name, "its checksum is wrong");
  return bytes;
}

}  // namespace

Status write_checkpoint(const std::string& directory, const CheckpointFiles& files,
                        std::size_t kept) {
  const fs::path root = directory, fresh = root / "new";
  FRESHET_RETURN_IF_ERROR(remove_tree(fresh));
  FRESHET_RETURN_IF_ERROR(make_directories(fresh));
  FRESHET_RETURN_IF_ERROR(write_files(fresh, files));
  const auto before = checkpoints_in(directory);
  if (!before && before.error().code != ErrorCode::kCorrupt) return tl::unexpected(before.error());
  const auto older = before.value_or(std::vector<std::string>{});
  const std::uint64_t number = older.empty() ? 1 : *number_of(older.front()) + 1;
  const fs::path path = root / (std::string(kPrefix) + padded(number, 10, 6));
  FRESHET_RETURN_IF_ERROR(rename_durably(fresh, path));
  // One that cannot be removed takes up space; the new one is safe.
  for (std::size_t k = kept - 1; k < older.size(); ++k) std::ignore = remove_tree(older[k]);
  return {};
}

Result<std::vector<std::string>> checkpoints_in(const std::string& directory) {
  std::error_code failure;
  if (!fs::exists(directory, failure) && !failure) return std::vector<std::string>{};
  std::vector<std::pair<std::uint64_t, std::string>> found;
  for (fs::directory_iterator entry(directory, failure), end; !failure && entry != end;
       entry.increment(failure)) {
    if (const auto number = number_of(entry->path())) found.emplace_back(*number, entry->path());
  }
  if (failure) return unavailable("look for checkpoints in", directory, failure.message());
  if (found.empty() && fs::exists(fs::path(directory) / kBefore, failure))
    return damaged(fs::path(directory) / kBefore,
                   "its format is that of an older version; move it away to start with an empty "
                   "model");
  std::sort(found.rbegin(), found.rend());
  std::vector<std::string> paths;
  for (auto& [number, path] : found) paths.push_back(std::move(path));
  return paths;
}

Result<CheckpointFiles> read_checkpoint(const std::string& path) {
  auto entries = read_manifest(fs::path(path) / kManifest);
  if (!entries) return tl::unexpected(entries.error());
  CheckpointFiles files;
  for (const Entry& entry : *entries) {
    auto bytes = read_entry(path, entry);
    if (!bytes) return tl::unexpected(bytes.error());
    files.emplace(entry.name, std::move(*bytes));
  }
  return files;
}

Result<std::string> read_checkpoint_file(const std::string& path, const std::string& name) {
  auto entries = read_manifest(fs::path(path) / kManifest);
  if (!entries) return tl::unexpected(entries.error());
  for (const Entry& entry : *entries)
    if (entry.name == name) return read_entry(path, entry);
  return damaged(fs::path(path) / name, "the manifest does not name it");
}

Status set_aside(const std::string& path) {
  const fs::path aside = fs::path(path).parent_path() / "damaged";
  FRESHET_RETURN_IF_ERROR(remove_tree(aside));
  return rename_path(path, aside);
}

}  // namespace freshet
