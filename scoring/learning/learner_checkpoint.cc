#include <cereal/types/map.hpp>
#include <exception>
#include <istream>
#include <sstream>
#include <string>
#include <utility>

#include "scoring/archive.h"
#include "scoring/learning/checkpoint_store.h"
#include "scoring/learning/learner.h"

namespace freshet {
namespace {

constexpr const char* kKnowledge = "knowledge.bin";
constexpr const char* kLearner = "learner.bin";
constexpr const char* kNetwork = "network.safetensors";

}  // namespace

Status Learner::save(const std::string& directory) {
  const auto files = to_files();
  if (!files) return tl::unexpected(files.error());
  return write_checkpoint(directory, *files);
}

Result<CheckpointFiles> Learner::to_files() const {
  CheckpointFiles files;
  std::ostringstream out(std::ios::binary);
  cereal::PortableBinaryOutputArchive archive(out);
  archive(trainers_, admissions_, offsets_, figures_.examples, version_.value);
  files[kKnowledge] = knowledge_.to_bytes();
  files[kLearner] = std::move(out).str();
  if (knowledge_.network() != nullptr) {
    auto bytes = knowledge_.network()->save();
    if (!bytes) return tl::unexpected(std::move(bytes).error());
    files[kNetwork] = std::move(*bytes);
  }
  return files;
}

Result<std::vector<Error>> Learner::load(const std::string& directory) {
  const auto paths = checkpoints_in(directory);
  if (!paths) return tl::unexpected(paths.error());
  std::vector<Error> damaged;
  for (const std::string& path : *paths) {
    const auto files = read_checkpoint(path);
    const Status restored = files ? restore(*files, path) : tl::unexpected(files.error());
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

Status Learner::go_back_to(const CheckpointFiles& files, const std::string& from) {
  const TrainedOffsets seen = offsets_;
  const std::uint64_t examples = figures_.examples;
  const ModelVersion newest = version_;
  FRESHET_RETURN_IF_ERROR(restore(files, from));
  offsets_ = seen;
  figures_.examples = examples;
  version_ = newest;
  return {};
}

/// Nothing has changed after an error.
Status Learner::restore(const CheckpointFiles& files, const std::string& from) {
  const auto learner = files.find(kLearner), knowledge = files.find(kKnowledge);
  const auto network = files.find(kNetwork);
  for (const char* name : {kLearner, kKnowledge})
    if (!files.contains(name))
      return error(ErrorCode::kCorrupt, "read checkpoint " + from + ": " + name + " is missing");
  GuardedTrainers trainers(config_);
  AdmissionControl admissions(config_.catalogue, knowledge_);
  TrainedOffsets offsets;
  std::uint64_t examples = 0;
  ModelVersion version{};
  try {
    BytesBuffer buffer(learner->second);
    std::istream in(&buffer);
    cereal::PortableBinaryInputArchive archive(in);
    archive(trainers, admissions, offsets, examples, version.value);
  } catch (const std::exception& problem) {
    return error(ErrorCode::kCorrupt, "read checkpoint " + from + ": " + problem.what());
  }
  const bool has_network = knowledge_.network() != nullptr && network != files.end();
  if (has_network) FRESHET_RETURN_IF_ERROR(factory_()->load(network->second));  // Can it be read?
  Delta whole{.image = knowledge->second};
  FRESHET_RETURN_IF_ERROR(knowledge_.apply(whole));
  if (has_network) FRESHET_RETURN_IF_ERROR(knowledge_.network()->load(network->second));
  trainers_ = std::move(trainers);
  admissions_.resume(std::move(admissions));
  offsets_ = std::move(offsets);
  figures_.examples = examples;
  version_ = version;
  // The recent targets are not kept: the ring of negatives fills again within seconds.
  negatives_ = new_sampler();
  for (const ItemRow row : knowledge_.catalogue().by_age()) add_negative(row);
  pending_ = std::move(whole);
  weights_changed_ = true;
  note_guard();
  return {};
}

}  // namespace freshet
