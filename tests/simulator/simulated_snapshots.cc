#include "tests/simulator/simulated_snapshots.h"

#include <algorithm>

#include "state/epoch_register.h"
#include "state/snapshot_catalogue.h"

namespace freshet::sim {
namespace {

constexpr std::size_t kKept = 3;

/// The image as a restore would read it from a file that was cut.
Image cut(Image image) {
  Commit nothing;
  nothing.next_offset = *image.position.next_offset;
  image.store = MemoryStore();
  ignore_error(image.store.commit(nothing), "memory takes every commit");
  return image;
}

}  // namespace

void SimulatedSnapshots::take(const TopicPartition& of, const Image& image,
                              const std::function<void()>& others) {
  if (!image.position.next_offset) return;
  Image copy = image;
  copy.store.close();  // Whoever has it open does not die of the copy.
  const std::uint64_t checksum = world_.random.bits();
  const std::string bytes = std::to_string(checksum);
  const SnapshotNames names(of);
  SnapshotManifest manifest;
  manifest.of = of;
  manifest.position = copy.position;
  manifest.files.push_back({"database", bytes.size(), checksum});
  images_.emplace(checksum, std::move(copy));
  world_.may_die("before a snapshot");
  ignore_error(store_.create(names.of(manifest.files[0]), bytes), "memory takes every object");
  others();
  world_.may_die("within a snapshot");
  // Without a new offset there may still be a user less in it.
  ignore_error(store_.remove(names.of(manifest)), "memory takes every object");
  ignore_error(store_.create(names.of(manifest), encode(manifest)), "memory takes every object");
  world_.count("snapshot");
  ignore_error(SnapshotCatalogue(store_, of).retain(kKept, image.position.epoch),
               "memory can be read");
}

Epoch SimulatedSnapshots::take_epoch(const TopicPartition& of, Epoch seen) {
  return *EpochRegister(store_, of).take(seen);
}

Result<Start> SimulatedSnapshots::choose(const Image* local, const LogView& log, GapPolicy policy) {
  auto list = SnapshotCatalogue(store_, log.of).list();
  if (!list) return tl::unexpected(list.error());
  const bool has_local = local && local->position.next_offset;
  bool damaged = !list->damaged.empty();
  while (true) {
    std::vector<StoredPosition> positions;
    if (has_local) positions.push_back(local->position);
    for (const SnapshotManifest& snapshot : list->sound) positions.push_back(snapshot.position);
    const auto chosen = choose_start(positions, log, policy);
    if (!chosen) return tl::unexpected(chosen.error());
    if (!*chosen) break;
    if (has_local && **chosen == 0) return Start{Start::Kind::kLocal, {}};
    const auto snapshot =
        list->sound.begin() + static_cast<std::ptrdiff_t>(**chosen - (has_local ? 1 : 0));
    auto image = fetch(*snapshot);
    if (image) return Start{Start::Kind::kSnapshot, std::move(*image)};
    world_.count("damaged snapshot passed over");
    damaged = true;
    list->sound.erase(snapshot);
  }
  if (damaged && policy == GapPolicy::kFail) return error(ErrorCode::kCorrupt, "no state is left");
  return Start{};
}

Result<Image> SimulatedSnapshots::fetch(const SnapshotManifest& manifest) {
  const SnapshotFile& file = manifest.files.at(0);
  const std::string name = SnapshotNames(manifest.of).of(file);
  const auto bytes = store_.read(name);
  if (!bytes) return error(ErrorCode::kCorrupt, name + " is missing");
  const Image& image = images_.at(file.checksum);
  if (*bytes == std::to_string(file.checksum)) return image;
  if (world_.has(Mutation::kSnapshotNotChecked)) return cut(image);
  ignore_error(store_.remove(name), "it is found damaged again");
  return error(ErrorCode::kCorrupt, name + " is cut or altered");
}

void SimulatedSnapshots::damage() {
  std::vector<std::string> names;
  for (const auto& [name, bytes] : store_.objects()) {
    if (name.find("/epochs/") == std::string::npos) names.push_back(name);
  }
  if (names.empty()) return;
  const std::string& name = names[world_.random.below(names.size())];
  std::string& bytes = store_.objects()[name];
  if (world_.random.chance(0.3)) {
    world_.count("snapshot lost");
    store_.objects().erase(name);
  } else {
    world_.count("snapshot torn");
    bytes.resize(world_.random.below(bytes.size()));
  }
}

}  // namespace freshet::sim
