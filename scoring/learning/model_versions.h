#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/ids.h"
#include "config/result.h"
#include "config/time.h"
#include "scoring/learning/checkpoint_store.h"
#include "scoring/learning/guard.h"

namespace freshet {

/// A version of the model that is kept to go back to.
struct KeptVersion {
  ModelVersion version;
  EventTime saved_time;
  std::uint64_t learned_examples = 0;
  std::optional<double> hit_rate_20;  ///< As served before it was kept; empty = nothing judged.
  std::uint64_t bytes = 0;
};

/// What the learner does, and which versions can be gone back to.
struct ModelStatus {
  ModelVersion version;  ///< The newest.
  bool frozen = false;   ///< Events are not learned.
  GuardState guard = GuardState::kHealthy;
  std::uint64_t learned_examples = 0;
  double loss = 0;                    ///< Mean -log probability of targets under the mixture, nats.
  std::vector<KeptVersion> versions;  ///< Newest first.
};

/// The kept versions of the model: checkpoints in a directory of their own. Confined to one thread.
class ModelVersions {
 public:
  /// At most `kept_max` >= 1 stay. `directory` is made when the first is kept.
  ModelVersions(std::string directory, std::size_t kept_max)
      : directory_(std::move(directory)), kept_max_(kept_max) {}

  /// Keeps `files` under `facts`; the oldest may go. Errors: kUnavailable.
  Status keep(CheckpointFiles files, KeptVersion facts);

  /// Newest first; those that cannot be read are left out. Errors: kUnavailable.
  Result<std::vector<KeptVersion>> list() const;

  /// Reads the files of `version`. Errors: kNotFound, kCorrupt, kUnavailable.
  Result<CheckpointFiles> read(ModelVersion version) const;

 private:
  std::string directory_;
  std::size_t kept_max_;
};

}  // namespace freshet
