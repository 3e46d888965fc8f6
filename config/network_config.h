#pragma once

#include <cstddef>
#include <string>

namespace freshet {

/// What an action is worth to the network when it chooses what to name.
struct TaskConfig {
  /// The expert asks what the user will click, put into the cart, buy and like, each as often as it
  /// happens next times this. All 1 = what happens next, whatever it is; 0 = not asked for.
  double click = 1;
  double cart = 1;
  double purchase = 1;
  double like = 1;
};

/// The attention network over the history (docs/model.md).
struct NetworkConfig {
  /// Off, the counts, the walk on them and the second stage give nearly the same quality at a
  /// quarter of the work (bench/RESULTS.md). On pays with spare cores or a GPU.
  bool enabled = false;
  std::size_t dim = 64;
  std::size_t heads = 2;
  /// Newest history entries it reads.
  std::size_t history_max = 20;
  /// Sampled negatives per training step, shared by its examples.
  std::size_t negatives = 256;
  /// Share of negatives from recent targets; the rest uniform over known items.
  double recent_negatives_ratio = 0.7;
  double learning_rate = 0.08;
  /// Events on an item before the network learns and ranks it; until then the other experts speak
  /// for it.
  std::size_t events_min = 0;
  /// How scoring keeps the items' vectors: "fp32", "bf16" or "int8". The learner's stay fp32.
  std::string table = "fp32";
  /// Reads the declared context keys (ingest.context). On pays where context tells what users want;
  /// where it does not it costs a little (bench/RESULTS.md).
  bool context = false;
  /// Reads hour and weekday of the newest event, UTC.
  bool clock = false;
  TaskConfig tasks;
  /// "cpu", "cuda", or "auto" (cuda when present).
  std::string device = "auto";
};

}  // namespace freshet
