#include "app/commands/user_traces.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <optional>

#include "app/commands/scratch_directory.h"
#include "config/durable_file.h"
#include "config/stop_wait.h"
#include "ingest/kafka_topic_reader.h"
#include "ingest/time_reader.h"
#include "sinks/json_text.h"
#include "state/rocksdb_store.h"
#include "state/snapshot_manifest.h"

namespace freshet {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr std::size_t kRecordsMax = 1'000;
constexpr int kTries = 20;
constexpr std::chrono::milliseconds kTriedAgainAfter{50};
constexpr std::size_t kBlockBytes = 1 << 20;

tl::unexpected<Error> unreadable(const std::string& path, const std::string& why) {
  return error(ErrorCode::kUnavailable, "read " + path + ": " + why);
}

/// Calls `visit` for everything below `directory`; none is no error, nor is one that goes
/// meanwhile: a running process makes copies and removes them.
Status walk(const std::string& directory,
            const std::function<Status(const fs::directory_entry&)>& visit) {
  if (directory.empty()) return {};
  std::error_code failed;
  fs::directory_iterator it(directory, failed);
  for (; !failed && it != fs::directory_iterator(); it.increment(failed)) {
    std::error_code gone;
    FRESHET_RETURN_IF_ERROR(visit(*it));
    if (it->is_directory(gone) && !it->is_symlink(gone))
      FRESHET_RETURN_IF_ERROR(walk(it->path(), visit));
  }
  const bool is_there = failed != std::errc::no_such_file_or_directory;
  return failed && is_there ? unreadable(directory, failed.message()) : Status{};
}

/// One search. Confined to one thread.
class Search {
 public:
  Search(const Config& config, const UserId& user) : config_(config), user_(user) {}

  Status look_at_databases() {
    return walk(config_.state.directory, [&](const fs::directory_entry& entry) -> Status {
      if (entry.path().filename() != "CURRENT") return {};
      const std::string directory = entry.path().parent_path();
      return look_while_there(
          entry.path(), [&] { return look_at_database(directory, directory, ""); },
          found_.databases);
    });
  }

  Status look_at_snapshots() {
    const std::string& root = config_.state.snapshots.directory;
    return walk(root, [&](const fs::directory_entry& entry) -> Status {
      if (!entry.is_regular_file() || entry.path().parent_path().filename() != "manifests")
        return {};
      return look_while_there(
          entry.path(), [&] { return look_at_snapshot(root, entry.path()); }, found_.snapshots);
    });
  }

  Status look_at_model() {
    return walk(config_.scoring.learning.directory,
                [&](const fs::directory_entry& entry) -> Status {
                  if (!entry.is_regular_file()) return {};
                  ++found_.model_files;
                  return look_at_file(entry.path());
                });
  }

  Status look_at_lists() {
    KafkaSourceConfig from = config_.ingest.kafka;
    from.brokers = config_.sinks.kafka.brokers;
    const std::string& topic = config_.sinks.kafka.lists_topic;
    auto reader = KafkaTopicReader::open(from, topic);
    if (!reader) return tl::unexpected(std::move(reader).error());
    std::map<PartitionId, Newest> newest;
    while (!(*reader)->reached_end()) {
      const auto records = (*reader)->poll(kRecordsMax, 100ms);
      if (!records) return tl::unexpected(records.error());
      found_.lists += records->size();
      for (const Record& record : *records)
        if (record.key == user_) newest[record.partition].take(record);
    }
    for (const auto& [partition, of_partition] : newest)
      tell_lists(fmt::format("{}/{}", topic, partition.value), of_partition);
    return {};
  }

  UserTraces take() { return std::move(found_); }

 private:
  /// The user's records in one partition of the lists' topic.
  struct Newest {
    Offset offset;
    bool is_list = false;
    std::uint64_t lists_before = 0;

    void take(const Record& record) {
      lists_before += is_list ? 1 : 0;
      offset = record.offset;
      is_list = record.value.has_value();
    }
  };

  void tell_lists(const std::string& place, const Newest& newest) {
    if (newest.is_list)
      found_.traces.push_back({place, fmt::format("a list, at offset {}", newest.offset.value)});
    if (newest.lists_before > 0) {
      found_.notes.push_back(
          {place, fmt::format("{} older lists, until Kafka compacts the topic past offset {}",
                              newest.lists_before, newest.offset.value)});
    }
  }

  /// Copies and snapshots are removed file by file while a process runs: what cannot be read is
  /// looked at again until `file`, which each of them has, is gone too.
  template <class Look>
  static Status look_while_there(const fs::path& file, Look look, std::uint64_t& counted) {
    Status looked;
    for (int tries = 0; tries < kTries; ++tries) {
      looked = look();
      std::error_code unknown;
      if (looked) ++counted;
      if (looked || !fs::exists(file, unknown)) return {};
      wait_for(kTriedAgainAfter, {});
    }
    return looked;
  }

  Status look_at_database(const std::string& directory, const std::string& place,
                          const std::string& until) {
    const auto rows = RocksDbStore::rows_in(directory, user_);
    if (!rows) return tl::unexpected(rows.error());
    if (rows->has_state) found_.traces.push_back({place, "a state" + until});
    if (rows->owed) {
      found_.traces.push_back(
          {place, (rows->owed->forgets ? "a removal of the list that is not acknowledged yet"
                                       : "a list that is owed") +
                      until});
    }
    for (const Offset letter : rows->dead_letters) {
      found_.traces.push_back(
          {place, fmt::format("the dead letter of offset {}{}", letter.value, until)});
    }
    if (rows->forgotten) {
      found_.notes.push_back({place, fmt::format("forgotten as of {} UTC, at offset {}",
                                                 to_utc_text(rows->forgotten->time),
                                                 rows->forgotten->next_offset.value)});
    }
    return {};
  }

  /// Opens it where it lies, by links to its files.
  Status look_at_snapshot(const std::string& root, const fs::path& manifest_path) {
    const auto bytes = read_file(manifest_path);
    if (!bytes) return tl::unexpected(bytes.error());
    const auto manifest = decode_manifest(*bytes);
    if (!manifest) {  // It is passed over at a start, too; its files go with the next snapshot.
      found_.notes.push_back({manifest_path, "damaged: " + manifest.error().text});
      return {};
    }
    const auto scratch = ScratchDirectory::create();
    if (!scratch) return tl::unexpected(scratch.error());
    const SnapshotNames names(manifest->of);
    for (const SnapshotFile& file : manifest->files) {
      std::error_code failed;
      fs::create_symlink(fs::absolute(root) / names.of(file), scratch->path() + "/" + file.name,
                         failed);
      if (failed) return unreadable(manifest_path, failed.message());
    }
    return look_at_database(
        scratch->path(), manifest_path,
        fmt::format(", taken {} UTC; it goes when {} newer ones of its partition are there",
                    to_utc_text(manifest->taken_time), config_.state.snapshots.keep));
  }

  /// Whether the user's id stands in the file as a word.
  Status look_at_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::string bytes(1, '\0');  // Before the first byte there is none.
    while (file) {
      const std::size_t kept = bytes.size();
      bytes.resize(kept + kBlockBytes);
      file.read(bytes.data() + kept, kBlockBytes);
      bytes.resize(kept + static_cast<std::size_t>(file.gcount()));
      if (file.eof()) bytes.push_back('\0');
      if (has_word(bytes)) {
        found_.traces.push_back({path, "the bytes of the user's id"});
        return {};
      }
      bytes.erase(0, bytes.size() - std::min(bytes.size(), user_.size() + 1));
    }
    return file.eof() ? Status{} : unreadable(path, "it cannot be opened");
  }

  bool has_word(const std::string& bytes) const {
    const auto is_part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
    for (std::size_t at = bytes.find(user_); at != std::string::npos;
         at = bytes.find(user_, at + 1)) {
      const std::size_t end = at + user_.size();
      if (at == 0 || end == bytes.size()) continue;  // Looked at with the next block, or before.
      if (!is_part(bytes[at - 1]) && !is_part(bytes[end])) return true;
    }
    return false;
  }

  const Config& config_;
  const UserId& user_;
  UserTraces found_;
};

void put_traces(JsonWriter& writer, std::string_view name, const std::vector<UserTrace>& traces) {
  put_key(writer, name);
  writer.StartArray();
  for (const UserTrace& trace : traces) {
    writer.StartObject();
    put_key(writer, "place");
    put_text(writer, trace.place);
    put_key(writer, "what");
    put_text(writer, trace.what);
    writer.EndObject();
  }
  writer.EndArray();
}

}  // namespace

Result<UserTraces> find_user_traces(const Config& config, const UserId& user, bool ask_kafka) {
  if (user.empty()) return error(ErrorCode::kInvalidConfig, "the user's id is empty: name one");
  Search search(config, user);
  FRESHET_RETURN_IF_ERROR(search.look_at_databases());
  FRESHET_RETURN_IF_ERROR(search.look_at_snapshots());
  FRESHET_RETURN_IF_ERROR(search.look_at_model());
  if (ask_kafka) FRESHET_RETURN_IF_ERROR(search.look_at_lists());
  return search.take();
}

std::string to_json(const UserId& user, const UserTraces& found) {
  rapidjson::StringBuffer buffer;
  JsonWriter writer(buffer);
  writer.StartObject();
  put_key(writer, "user_id");
  put_text(writer, user);
  put_traces(writer, "traces", found.traces);
  put_traces(writer, "notes", found.notes);
  put_key(writer, "looked_at");
  writer.StartObject();
  const auto put_count = [&](const char* name, std::uint64_t count) {
    put_key(writer, name);
    writer.Uint64(count);
  };
  put_count("databases", found.databases);
  put_count("snapshots", found.snapshots);
  put_count("model_files", found.model_files);
  put_count("lists", found.lists);
  writer.EndObject();
  writer.EndObject();
  return text_of(buffer);
}

}  // namespace freshet
