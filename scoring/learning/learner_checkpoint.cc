#include <cereal/types/map.hpp>
#include <exception>
#include <sstream>
#include <string>
#include <utility>

#include "scoring/archive.h"
#include "scoring/learning/checkpoint_file.h"
#include "scoring/learning/learner.h"

namespace freshet {

Status Learner::save(const std::string& directory) {
  std::string network;
  if (knowledge_.network() != nullptr) {
    auto bytes = knowledge_.network()->save();
    if (!bytes) return tl::unexpected(std::move(bytes).error());
    network = std::move(*bytes);
  }
  std::ostringstream out(std::ios::binary);
  cereal::PortableBinaryOutputArchive archive(out);
  archive(knowledge_.to_bytes(), trainers_, offsets_, figures_.examples, version_.value, network);
  return write_checkpoint(directory, std::move(out).str());
}

Status Learner::load(const std::string& directory) {
  const auto bytes = read_checkpoint(directory);
  if (!bytes && bytes.error().code == ErrorCode::kNotFound) return {};
  if (!bytes) return tl::unexpected(bytes.error());
  std::string image;
  std::string network;
  try {
    std::istringstream in(*bytes, std::ios::binary);
    cereal::PortableBinaryInputArchive archive(in);
    archive(image, trainers_, offsets_, figures_.examples, version_.value, network);
  } catch (const std::exception& problem) {
    return error(ErrorCode::kCorrupt, "read checkpoint in " + directory + ": " + problem.what());
  }
  FRESHET_RETURN_IF_ERROR(knowledge_.apply({.image = image}));
  if (knowledge_.network() != nullptr && !network.empty())
    FRESHET_RETURN_IF_ERROR(knowledge_.network()->load(network));
  // The recent targets are not kept: the ring of negatives fills again within seconds.
  for (std::size_t row = 0; row < knowledge_.catalogue().size(); ++row)
    negatives_.add_row(static_cast<ItemRow>(row));
  pending_ = {.image = std::move(image)};
  weights_changed_ = true;
  note_guard();
  return {};
}

}  // namespace freshet
