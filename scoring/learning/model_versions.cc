// facts := version " " saved_ms " " learned_examples " " bytes " " (hit_rate_20 | "-") LF
#include "scoring/learning/model_versions.h"

#include <charconv>
#include <sstream>

namespace freshet {
namespace {

constexpr const char* kFacts = "facts";

std::string encode(const KeptVersion& facts) {
  std::ostringstream text;
  text << facts.version.value << ' ' << facts.saved_time.time_since_epoch().count() << ' '
       << facts.learned_examples << ' ' << facts.bytes << ' ';
  if (facts.hit_rate_20) {
    text << *facts.hit_rate_20;
  } else {
    text << '-';
  }
  return std::move(text).str() + "\n";
}

std::optional<KeptVersion> decode(const std::string& text) {
  std::istringstream in(text);
  KeptVersion facts;
  std::int64_t saved_ms = 0;
  std::string hit_rate;
  if (!(in >> facts.version.value >> saved_ms >> facts.learned_examples >> facts.bytes >> hit_rate))
    return std::nullopt;
  facts.saved_time = EventTime(std::chrono::milliseconds(saved_ms));
  double value = 0;
  const auto [end, problem] =
      std::from_chars(hit_rate.data(), hit_rate.data() + hit_rate.size(), value);
  if (problem == std::errc{}) facts.hit_rate_20 = value;
  return facts;
}

std::optional<KeptVersion> facts_of(const std::string& path) {
  const auto text = read_checkpoint_file(path, kFacts);
  return text ? decode(*text) : std::nullopt;
}

}  // namespace

Status ModelVersions::keep(CheckpointFiles files, KeptVersion facts) {
  facts.bytes = 0;
  for (const auto& [name, bytes] : files) facts.bytes += bytes.size();
  files[kFacts] = encode(facts);
  return write_checkpoint(directory_, files, kept_max_);
}

Result<std::vector<KeptVersion>> ModelVersions::list() const {
  const auto paths = checkpoints_in(directory_);
  if (!paths) return tl::unexpected(paths.error());
  std::vector<KeptVersion> kept;
  for (const std::string& path : *paths) {
    if (auto facts = facts_of(path)) kept.push_back(*facts);
  }
  return kept;
}

Result<CheckpointFiles> ModelVersions::read(ModelVersion version) const {
  const auto paths = checkpoints_in(directory_);
  if (!paths) return tl::unexpected(paths.error());
  for (const std::string& path : *paths) {
    const auto facts = facts_of(path);
    if (facts && facts->version == version) return read_checkpoint(path);
  }
  return error(ErrorCode::kNotFound, "no version " + std::to_string(version.value) +
                                         " of the model is kept in " + directory_ +
                                         "; `freshet model list` shows those that are");
}

}  // namespace freshet
