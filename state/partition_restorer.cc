#include "state/partition_restorer.h"

#include <algorithm>
#include <filesystem>

#include "config/durable_file.h"
#include "state/epoch_register.h"

namespace freshet {
namespace {

/// A snapshot on its way in; a database that made place for another state.
constexpr const char* kIncoming = ".incoming";
constexpr const char* kReplaced = ".replaced";

}  // namespace

std::string_view to_string(StartKind kind) {
  switch (kind) {
    case StartKind::kLocal:
      return "local";
    case StartKind::kSnapshot:
      return "snapshot";
    case StartKind::kNew:
      return "new";
  }
  return "new";
}

/// All states of one partition that could be started from.
struct PartitionRestorer::Sources {
  TopicPartition of;
  std::string directory;
  std::unique_ptr<RocksDbStore> local;  // Null = there is none, or it is damaged.
  StoredPosition local_position;
  std::vector<SnapshotManifest> snapshots;
  std::vector<std::string> warnings;

  bool local_counts() const { return local && local_position.next_offset.has_value(); }

  /// The local database first.
  std::vector<StoredPosition> positions() const {
    std::vector<StoredPosition> positions;
    if (local_counts()) positions.push_back(local_position);
    for (const SnapshotManifest& snapshot : snapshots) positions.push_back(snapshot.position);
    return positions;
  }
};

std::string PartitionRestorer::directory_of(PartitionId partition) const {
  return config_.directory + "/partition-" + std::to_string(partition.value);
}

Result<RestoredPartition> PartitionRestorer::restore(const LogView& log) {
  Sources sources;
  sources.of = log.of;
  sources.directory = directory_of(log.of.partition);
  FRESHET_RETURN_IF_ERROR(list_snapshots(sources));
  FRESHET_RETURN_IF_ERROR(open_local(sources));
  const auto epoch = epoch_before(sources);
  if (!epoch) return tl::unexpected(epoch.error());
  const auto kind = place(sources, log);
  if (!kind) return tl::unexpected(kind.error());
  FRESHET_RETURN_IF_ERROR(sources.local->raise_epoch(*epoch));
  RestoredPartition restored;
  restored.kind = *kind;
  if (*kind == StartKind::kSnapshot) restored.snapshot = std::move(sources.snapshots.front());
  restored.store = std::move(sources.local);
  restored.warnings = std::move(sources.warnings);
  return restored;
}

Status PartitionRestorer::list_snapshots(Sources& sources) {
  if (!snapshots_) return {};
  auto list = SnapshotCatalogue(*snapshots_, sources.of).list();
  if (!list) return tl::unexpected(list.error());
  sources.snapshots = std::move(list->sound);
  for (const std::string& damaged : list->damaged) {
    sources.warnings.push_back("snapshot " + damaged + ": passed over");
  }
  return {};
}

Status PartitionRestorer::open_local(Sources& sources) {
  std::error_code failed;
  if (!std::filesystem::exists(sources.directory, failed)) return {};
  auto opened = RocksDbStore::open(sources.directory, resources_);
  auto position = opened ? (*opened)->position() : tl::unexpected(opened.error());
  if (position) {
    sources.local = std::move(*opened);
    sources.local_position = *position;
    return {};
  }
  // A damaged database is no reason to stop where a snapshot or a replay can take its place.
  if (position.error().code != ErrorCode::kCorrupt) return tl::unexpected(position.error());
  sources.warnings.push_back(position.error().text + ": passed over");
  return {};
}

/// The new owner's epoch is larger by one.
Result<Epoch> PartitionRestorer::epoch_before(const Sources& sources) {
  Epoch seen = sources.local_position.epoch;
  for (const SnapshotManifest& snapshot : sources.snapshots) {
    seen = std::max(seen, snapshot.position.epoch);
  }
  if (!snapshots_) return seen;
  const auto taken = EpochRegister(*snapshots_, sources.of).take(seen);
  if (!taken) return taken;
  return Epoch{taken->value - 1};
}

/// Leaves the chosen state open as `sources.local`, and if it is a snapshot its manifest in front.
Result<StartKind> PartitionRestorer::place(Sources& sources, const LogView& log) {
  while (true) {
    const auto chosen = choose_start(sources.positions(), log, policy_);
    if (!chosen) return tl::unexpected(chosen.error());
    if (!*chosen) break;
    if (sources.local_counts() && **chosen == 0) return StartKind::kLocal;
    const std::size_t snapshot = **chosen - (sources.local_counts() ? 1 : 0);
    const Status brought = bring_in(sources, snapshot);
    if (brought) return StartKind::kSnapshot;
    if (brought.error().code != ErrorCode::kCorrupt) return tl::unexpected(brought.error());
    sources.warnings.push_back(
        "snapshot at offset " +
        std::to_string(sources.snapshots[snapshot].position.next_offset->value) + ": " +
        brought.error().text + ": passed over");
    sources.snapshots.erase(sources.snapshots.begin() + static_cast<std::ptrdiff_t>(snapshot));
  }
  return begin_anew(sources);
}

Result<StartKind> PartitionRestorer::begin_anew(Sources& sources) {
  if (policy_ == GapPolicy::kFail && !sources.warnings.empty()) {
    return error(ErrorCode::kCorrupt,
                 "partition " + std::to_string(sources.of.partition.value) + " of " +
                     sources.of.topic + ": no state is left to start from (" +
                     sources.warnings.back() +
                     "); to begin anew set ingest.kafka.on_gap: reset_state for one start");
  }
  if (sources.local && !sources.local_counts()) return StartKind::kNew;  // It was never written to.
  FRESHET_RETURN_IF_ERROR(set_local_aside(sources));
  auto opened = RocksDbStore::open(sources.directory, resources_);
  if (!opened) return tl::unexpected(opened.error());
  sources.local = std::move(*opened);
  return StartKind::kNew;
}

/// Its files are what was put into the store, but that may have been damaged by then.
Status PartitionRestorer::verify(const std::string& directory) const {
  const auto store = RocksDbStore::open(directory, resources_);
  if (!store) return tl::unexpected(store.error());
  return (*store)->verify();
}

Status PartitionRestorer::bring_in(Sources& sources, std::size_t chosen) {
  const std::string incoming = sources.directory + kIncoming;
  FRESHET_RETURN_IF_ERROR(remove_tree(incoming));
  SnapshotCatalogue catalogue(*snapshots_, sources.of);
  FRESHET_RETURN_IF_ERROR(catalogue.fetch(sources.snapshots[chosen], incoming));
  FRESHET_RETURN_IF_ERROR(verify(incoming));
  const bool was_sound = sources.local != nullptr;
  FRESHET_RETURN_IF_ERROR(set_local_aside(sources));
  FRESHET_RETURN_IF_ERROR(rename_durably(incoming, sources.directory));
  auto opened = RocksDbStore::open(sources.directory, resources_);
  if (!opened) return tl::unexpected(opened.error());
  sources.local = std::move(*opened);
  sources.local->close();  // Whoever had it open when it was copied did not die of it.
  std::swap(sources.snapshots.front(), sources.snapshots[chosen]);
  return was_sound ? remove_tree(sources.directory + kReplaced) : Status{};
}

Status PartitionRestorer::set_local_aside(Sources& sources) {
  sources.local.reset();
  std::error_code failed;
  if (!std::filesystem::exists(sources.directory, failed)) return {};
  const std::string replaced = sources.directory + kReplaced;
  FRESHET_RETURN_IF_ERROR(remove_tree(replaced));
  return rename_durably(sources.directory, replaced);
}

}  // namespace freshet
