#include <cereal/types/map.hpp>
#include <exception>
#include <sstream>
#include <string>
#include <utility>

#include "scoring/archive.h"
#include "scoring/learning/checkpoint_store.h"
#include "scoring/learning/learner.h"

namespace freshet {
namespace {

constexpr const char* kLearner = "learner.bin";
constexpr const char* kNetwork = "network.safetensors";

}  // namespace

Status Learner::save(const std::string& directory) {
  CheckpointFiles files;
  std::ostringstream out(std::ios::binary);
  cereal::PortableBinaryOutputArchive archive(out);
  archive(knowledge_.to_bytes(), trainers_, admissions_, offsets_, figures_.examples,
          version_.value);
  files[kLearner] = std::move(out).str();
  if (knowledge_.network() != nullptr) {
    auto bytes = knowledge_.network()->save();
    if (!bytes) return tl::unexpected(std::move(bytes).error());
    files[kNetwork] = std::move(*bytes);
  }
  return write_checkpoint(directory, files);
}

Result<std::vector<Error>> Learner::load(const std::string& directory) {
  const auto paths = checkpoints_in(directory);
  if (!paths) return tl::unexpected(paths.error());
  std::vector<Error> damaged;
  for (const std::string& path : *paths) {
    const Status restored = restore(path);
    if (!restored && restored.error().code != ErrorCode::kCorrupt)
      return tl::unexpected(restored.error());
    if (restored) break;
    damaged.push_back(restored.error());
  }
  if (!paths->empty() && damaged.size() == paths->size()) {
    return error(ErrorCode::kCorrupt, damaged.front().text +
                                          "; no other checkpoint can be read; move " + directory +
                                          " away to start with an empty model");
  }
  for (std::size_t k = 0; k < damaged.size(); ++k)
    ignore_error(set_aside((*paths)[k]), "it is passed over again next time");
  return damaged;
}

/// Nothing of the learner's own has changed after an error, but perhaps its network.
Status Learner::restore(const std::string& path) {
  auto files = read_checkpoint(path);
  if (!files) return tl::unexpected(files.error());
  std::string image;
  GuardedTrainers trainers(config_);
  AdmissionControl admissions(config_.catalogue, knowledge_);
  TrainedOffsets offsets;
  std::uint64_t examples = 0;
  ModelVersion version{};
  try {
    std::istringstream in(std::move((*files)[kLearner]), std::ios::binary);
    cereal::PortableBinaryInputArchive archive(in);
    archive(image, trainers, admissions, offsets, examples, version.value);
  } catch (const std::exception& problem) {
    return error(ErrorCode::kCorrupt, "read checkpoint " + path + ": " + problem.what());
  }
  if (knowledge_.network() != nullptr && files->contains(kNetwork))
    FRESHET_RETURN_IF_ERROR(knowledge_.network()->load((*files)[kNetwork]));
  FRESHET_RETURN_IF_ERROR(knowledge_.apply({.image = image}));
  trainers_ = std::move(trainers);
  admissions_.resume(std::move(admissions));
  offsets_ = std::move(offsets);
  figures_.examples = examples;
  version_ = version;
  // The recent targets are not kept: the ring of negatives fills again within seconds.
  for (const ItemRow row : knowledge_.catalogue().by_age()) add_negative(row);
  pending_ = {.image = std::move(image)};
  weights_changed_ = true;
  note_guard();
  return {};
}

}  // namespace freshet
