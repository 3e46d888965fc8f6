#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace freshet {

/// The learner.
struct LearningConfig {
  /// Examples ranked, then learned, together.
  std::size_t batch_size_max = 32;
  /// Examples that wait for the learner; when full, the fold slows down.
  std::size_t queue_max = 4'096;
  /// Interval between two deltas to scoring.
  std::chrono::milliseconds delta_interval{100};
  /// Where the model is kept; empty = it starts anew.
  std::string directory = "freshet-data/model";
  std::chrono::seconds checkpoint_interval{60};
  /// A version to go back to is kept this often; 0 = only on request.
  std::chrono::seconds version_interval{3600};
  /// Kept versions; the oldest goes when another is kept.
  std::size_t versions_max = 6;
  /// Seed of weights and negatives.
  std::uint64_t seed = 1;
};

/// The guard over what is learned (docs/model.md, "Guard").
struct GuardConfig {
  /// Off, a model that goes bad stays bad until it has learned better.
  bool enabled = true;
  /// Events that a window's means are over.
  std::size_t window = 1'000;
  /// Share of its usual quality that the model may stay behind a reference.
  double margin = 0.03;
  /// Reciprocal ranks that the model may lose against a reference, beyond the margin, before it is
  /// rolled back: first places lost.
  double threshold = 25;
  /// A model that falls below this share of its usual quality learns from a broken stream.
  double collapse_ratio = 0.25;
  /// Good windows in a row before learning starts again, and before it is trusted again.
  std::size_t good_windows = 3;
  /// Good windows between two copies to roll back to.
  std::size_t keep_windows = 10;
  /// Longest gradient of the second stage; 0 = any.
  double gradient_norm_max = 10;
  /// Largest share of the newest events that one item may teach.
  double item_share_max = 0.1;
};

}  // namespace freshet
