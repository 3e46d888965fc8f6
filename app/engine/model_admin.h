#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "config/bounded_queue.h"
#include "config/learning_config.h"
#include "config/time.h"
#include "scoring/learning/learner.h"
#include "scoring/learning/model_versions.h"

namespace freshet {

/// What operators may do with the model: keep a version, go back to one, stop the learning.
/// Confined to the learner's thread.
class ModelAdmin {
 public:
  /// Share of events whose item stood in the list as served; empty = nothing judged yet.
  using HitRate = std::function<std::optional<double>()>;

  /// All outlive this. A model that was frozen before a restart is frozen.
  ModelAdmin(const LearningConfig& config, Learner& learner, HitRate hit_rate, const Clock& clock);

  Result<ModelStatus> status() const;

  /// Keeps the model as it is. Errors: kUnavailable, also where no directory is configured.
  Result<ModelStatus> keep();

  /// Ranks with a kept version and learns on from it. Errors: kNotFound, kCorrupt, kUnavailable.
  Result<ModelStatus> promote(ModelVersion version);

  /// Promotes the newest version kept before the one that ranks; again, the one before that.
  /// Errors: as promote.
  Result<ModelStatus> roll_back();

  /// Stops the learning of events, or lets it go on; lasts over restarts. Item updates are still
  /// taken over. Errors: kUnavailable when that cannot be noted in the directory.
  Result<ModelStatus> freeze(bool frozen);

  bool frozen() const { return frozen_; }

  /// Keeps a version when LearningConfig::version_interval has passed. Errors: as keep.
  Status keep_when_due();

 private:
  Status check_directory() const;
  std::string frozen_mark() const;

  const LearningConfig& config_;
  Learner& learner_;
  const HitRate hit_rate_;
  const Clock& clock_;
  ModelVersions versions_;
  std::optional<ModelVersion> promoted_;  ///< Since the newest was kept.
  bool frozen_ = false;
  SteadyTime next_;
};

/// Questions to the model's owner from other threads (HTTP), answered between two batches.
using ModelQuestions = BoundedQueue<std::function<void(ModelAdmin&)>>;

}  // namespace freshet
