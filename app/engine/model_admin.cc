#include "app/engine/model_admin.h"

#include <spdlog/spdlog.h>

#include <filesystem>
#include <fstream>

namespace freshet {

namespace fs = std::filesystem;

ModelAdmin::ModelAdmin(const LearningConfig& config, Learner& learner, HitRate hit_rate,
                       const Clock& clock)
    : config_(config),
      learner_(learner),
      hit_rate_(std::move(hit_rate)),
      clock_(clock),
      versions_(config.directory + "/versions", config.versions_max),
      next_(clock.steady_now() + config.version_interval) {
  std::error_code ignored;
  frozen_ = !config.directory.empty() && fs::exists(frozen_mark(), ignored);
  if (frozen_) spdlog::warn("the model is frozen: `freshet model thaw` lets it learn again");
}

std::string ModelAdmin::frozen_mark() const { return config_.directory + "/frozen"; }

Status ModelAdmin::check_directory() const {
  if (!config_.directory.empty()) return {};
  return error(ErrorCode::kUnavailable,
               "no versions are kept: scoring.learning.directory is empty; name one");
}

Result<ModelStatus> ModelAdmin::status() const {
  const LearnerFigures& figures = learner_.figures();
  ModelStatus status{.version = learner_.version(),
                     .frozen = frozen_,
                     .guard = figures.guard.state,
                     .learned_examples = figures.examples,
                     .loss = figures.mixture_loss,
                     .versions = {}};
  if (config_.directory.empty()) return status;
  auto versions = versions_.list();
  if (!versions) return tl::unexpected(versions.error());
  status.versions = std::move(*versions);
  return status;
}

Result<ModelStatus> ModelAdmin::keep() {
  FRESHET_RETURN_IF_ERROR(check_directory());
  auto files = learner_.to_files();
  if (!files) return tl::unexpected(files.error());
  FRESHET_RETURN_IF_ERROR(
      versions_.keep(std::move(*files), {.version = learner_.version(),
                                         .saved_time = clock_.now(),
                                         .learned_examples = learner_.figures().examples,
                                         .hit_rate_20 = hit_rate_()}));
  promoted_.reset();
  next_ = clock_.steady_now() + config_.version_interval;
  return status();
}

Result<ModelStatus> ModelAdmin::promote(ModelVersion version) {
  FRESHET_RETURN_IF_ERROR(check_directory());
  const auto files = versions_.read(version);
  if (!files) return tl::unexpected(files.error());
  FRESHET_RETURN_IF_ERROR(
      learner_.go_back_to(*files, "of version " + std::to_string(version.value)));
  promoted_ = version;
  spdlog::warn("model: went back to version {}; it learns on from there", version.value);
  return status();
}

Result<ModelStatus> ModelAdmin::roll_back() {
  FRESHET_RETURN_IF_ERROR(check_directory());
  const auto kept = versions_.list();
  if (!kept) return tl::unexpected(kept.error());
  const ModelVersion from = promoted_.value_or(learner_.version());
  for (const KeptVersion& one : *kept) {
    if (one.version < from) return promote(one.version);
  }
  return error(ErrorCode::kNotFound,
               "no version before " + std::to_string(from.value) + " is kept");
}

Result<ModelStatus> ModelAdmin::freeze(bool frozen) {
  std::error_code failure;
  if (!config_.directory.empty() && frozen) {
    fs::create_directories(config_.directory, failure);
    if (!std::ofstream(frozen_mark()).flush())
      return error(ErrorCode::kUnavailable, "write " + frozen_mark() + ": it cannot be written");
  } else if (!config_.directory.empty()) {
    fs::remove(frozen_mark(), failure);
    if (failure)
      return error(ErrorCode::kUnavailable, "remove " + frozen_mark() + ": " + failure.message());
  }
  if (frozen != frozen_) spdlog::warn("model: {}", frozen ? "frozen" : "learning again");
  frozen_ = frozen;
  return status();
}

Status ModelAdmin::keep_when_due() {
  if (config_.version_interval.count() == 0 || config_.directory.empty()) return {};
  if (clock_.steady_now() < next_) return {};
  next_ = clock_.steady_now() + config_.version_interval;
  const auto kept = keep();
  return kept ? Status{} : tl::unexpected(kept.error());
}

}  // namespace freshet
