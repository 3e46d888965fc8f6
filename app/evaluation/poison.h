#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <span>
#include <vector>

#include "app/evaluation/recording.h"
#include "scoring/learning/gradient_gate.h"
#include "state/training_example.h"

namespace freshet {

/// How a stream is spoiled, to see what the guard does about it.
enum class PoisonKind {
  kNone,
  kShuffledTargets,  ///< The learner is told one of the newest 1,000 items, not the one taken.
  kFlood,            ///< After each event bots click its item, then always the same one.
  kGradient,  ///< Gradients of the second stage are a million times too long and turned around.
};

struct PoisonOptions {
  PoisonKind kind = PoisonKind::kNone;
  std::uint64_t from = 0;  ///< The first event of the stream that is spoiled, from 0.
  std::uint64_t events = 20'000;
  bool is_dry = false;  ///< Nothing is spoiled, but quality is noted at the same events.

  bool is_active(std::uint64_t event) const {
    return kind != PoisonKind::kNone && !is_dry && event >= from && event < from + events;
  }
  /// Events between two points of quality over time.
  std::uint64_t step() const { return events < 20 ? 1 : events / 20; }
};

/// Spoils what the learner learns from; users' own states and what they are judged by stay true.
/// Deterministic from its seed. Confined to one thread.
class Poison {
 public:
  /// The partition that bots' events stand in; the recording's are in partition 0.
  static constexpr PartitionId kBots{1};

  Poison(const PoisonOptions& options, std::uint64_t seed) : options_(options), random_(seed) {}

  /// What bots do after `event`.
  std::vector<RecordedEvent> bots_after(const RecordedEvent& event);

  /// Returns the examples as the learner gets them; valid until the next call.
  std::span<const TrainingExample> spoil(const std::vector<TrainingExample>& examples);

  /// Says whether the learner learned another target than the example's own.
  bool is_shuffled(const TrainingExample& example) const {
    return options_.kind == PoisonKind::kShuffledTargets && is_active(example);
  }

  /// For the learner. Refers to this object.
  GradientFault gradient_fault();

  /// The item that bots click.
  static ItemId flooded_item();

 private:
  struct Target {
    ItemId item;
    std::string name;
  };

  bool is_active(const TrainingExample& example) const {
    return options_.is_active(static_cast<std::uint64_t>(example.offset.value));
  }

  PoisonOptions options_;
  std::mt19937_64 random_;
  std::uint64_t bot_ = 0;
  bool gradients_explode_ = false;
  std::vector<Target> newest_;  // A ring.
  std::size_t next_ = 0;
  std::vector<TrainingExample> spoiled_;
};

}  // namespace freshet
